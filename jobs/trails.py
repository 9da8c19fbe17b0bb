"""The trails step under spark-submit: jobs/trails.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "trails", *sys.argv[1:]])
