"""spark-submit jobs/backfill.py --campaign FILE... --from D --to D --lake URI: past nights, oldest first."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["backfill", *sys.argv[1:]])
