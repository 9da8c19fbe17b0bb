"""`abuse night` and `abuse replay` on one bucket: `python -m tests.s3.nights BUCKET SETTINGS`, one session for both."""

from __future__ import annotations

import sys

from abuse.cli import main
from abuse.lake.publication import runs
from tests.night import tiny


def nights(bucket: str, settings: str) -> int:
    lake = ["--lake", f"{bucket}/lake", "--settings", settings]
    night = ["night", "--campaign", f"{bucket}/in/campaign.toml", "--as-of", tiny.AS_OF, *lake]
    if code := main(night, standalone_mode=False):
        return int(code)
    return int(main(["replay", runs(f"{bucket}/lake")[0].run_id, *lake], standalone_mode=False) or 0)


if __name__ == "__main__":
    sys.exit(nights(*sys.argv[1:]))
