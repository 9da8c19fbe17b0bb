"""The decide step under spark-submit: jobs/decide.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "decide", *sys.argv[1:]])
