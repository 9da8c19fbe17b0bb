"""`poe torture [NAME...] [--quick]`: prints what was tried, what readers saw, and whether the tables are the same."""

from __future__ import annotations

import argparse
import inspect
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture.boundaries import boundaries
from tests.torture.dates import dates
from tests.torture.disk import disk
from tests.torture.instants import instants
from tests.torture.kill import kill
from tests.torture.later import later
from tests.torture.mutations import mutations
from tests.torture.s3 import s3
from tests.torture.submit import submit

TESTS: dict[str, Callable[..., Any]] = {
    "kill": kill,
    "submit": submit,
    "boundaries": boundaries,
    "s3": s3,
    "dates": dates,
    "instants": instants,
    "later": later,
    "mutations": mutations,
    "disk": disk,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="poe torture", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[[], *TESTS], default=[], help="all of them unless given")
    parser.add_argument(
        "--quick", action="store_true", help="fewer points of those that have a reduced form; no others"
    )
    given = parser.parse_args()
    for name in given.what or TESTS:
        has_quick = "is_quick" in inspect.signature(TESTS[name]).parameters
        if given.quick and not has_quick:
            continue
        print(f"== {name}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            TESTS[name](Path(folder), **({"is_quick": given.quick} if has_quick else {}))
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
