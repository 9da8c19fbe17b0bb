"""The ingest step under spark-submit: jobs/ingest.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "ingest", *sys.argv[1:]])
