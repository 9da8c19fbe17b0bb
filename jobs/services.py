"""The services step under spark-submit: jobs/services.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "services", *sys.argv[1:]])
