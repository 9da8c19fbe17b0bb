"""The publish step under spark-submit: jobs/publish.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "publish", *sys.argv[1:]])
