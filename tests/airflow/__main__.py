"""`poe test-airflow [--full]`: installs Airflow's environment from its lock, tests the DAGs in it, then runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from infra.airflow_env import PROJECT, environment

HERE = Path(__file__).parent


def main() -> int:
    started = time.monotonic()
    python = environment(with_tests=True) / "bin" / "python"
    options = ["-c", str(HERE / "dags" / "pytest.ini"), "--rootdir", str(PROJECT), "--confcutdir", str(HERE / "dags")]
    dags = [str(python), "-m", "pytest", "-q", *options, str(HERE / "dags")]
    system = [sys.executable, "-m", "pytest", "-q", "-s", str(HERE / "system")]
    system += [str(HERE.parent / "infra" / "test_bundle.py")] if "--full" in sys.argv else ["-m", "not long"]
    codes = [
        subprocess.run(command, cwd=PROJECT, env=os.environ | {"PYTHONPATH": ""}, check=False).returncode
        for command in (dags, system)
    ]
    sys.stdout.write(f"test-airflow: {time.monotonic() - started:.0f} s, install included\n")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
