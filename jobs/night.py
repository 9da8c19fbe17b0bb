"""spark-submit jobs/night.py --campaign FILE --as-of TS --lake URI: every step in one session."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["night", *sys.argv[1:]])
