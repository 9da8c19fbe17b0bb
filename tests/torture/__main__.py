"""`poe torture [kill] [submit]`: prints what was tried, what readers saw, and whether the tables are the same."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.torture.kill import kill
from tests.torture.submit import submit

TESTS = {"kill": kill, "submit": submit}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="poe torture", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[[], *TESTS], default=list(TESTS))
    for name in parser.parse_args().what:
        with tempfile.TemporaryDirectory() as folder:
            TESTS[name](Path(folder))
