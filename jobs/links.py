"""The links step under spark-submit: jobs/links.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "links", *sys.argv[1:]])
