"""requirements.lock -> Airflow's own environment: `poe airflow-env`. Made again only when the lock changes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
FOLDER = PROJECT / ".airflow"
VENV = FOLDER / "venv"
LOCKS = (PROJECT / "airflow" / "requirements.lock", PROJECT / "airflow" / "tests.lock")


def environment(*, with_tests: bool = False) -> Path:
    """The folder of the environment, installed with the hashes of the lock; what is there already is not made again."""
    locks = LOCKS if with_tests else LOCKS[:1]
    digests = [hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks]
    mark = VENV / "locks.sha256"
    done = mark.read_text().split() if mark.exists() else []
    if not set(digests) <= set(done):
        sys.stdout.write("Airflow's environment: installing from the lock\n")
        sys.stdout.flush()
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        _uv("venv", "--no-config", "--quiet", "--python", version, str(VENV))
        for lock in locks:
            _uv(
                "pip",
                "install",
                "--no-config",
                "--quiet",
                "--python",
                str(VENV / "bin/python"),
                "--require-hashes",
                "-r",
                str(lock),
            )
        mark.write_text("\n".join(digests))
    return VENV


def _uv(*arguments: str) -> None:
    subprocess.run(["uv", *arguments], check=True, cwd=PROJECT)  # noqa: S603, S607


if __name__ == "__main__":
    environment(with_tests="--tests" in sys.argv)
