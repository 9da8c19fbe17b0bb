"""The score step under spark-submit: jobs/score.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "score", *sys.argv[1:]])
