"""The clusters step under spark-submit: jobs/clusters.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "clusters", *sys.argv[1:]])
