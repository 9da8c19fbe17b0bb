"""The features step under spark-submit: jobs/features.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "features", *sys.argv[1:]])
