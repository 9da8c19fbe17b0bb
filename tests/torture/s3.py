"""The boundaries again, in a lake in S3: an S3 API server of our own on loopback, in a process of its own.

A process, because a session that was started without S3 cannot learn it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.night import tiny
from tests.s3.conftest import environment, new_bucket, serving
from tests.torture.boundaries import tried
from tests.torture.session import started

POINTS = 10


def s3(folder: Path) -> None:
    """Prints a line per boundary; raises SystemExit when a table differs or a reader saw a torn one."""
    with serving() as endpoint:
        command = [sys.executable, "-m", "tests.torture.s3", str(folder), str(POINTS)]
        known = {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"}
        done = subprocess.run(command, check=False, env=known | environment(endpoint))
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    tried(started(with_s3=True), tiny.write(Path(sys.argv[1]) / "inputs"), f"{new_bucket()}/lakes", int(sys.argv[2]))
