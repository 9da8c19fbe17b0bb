"""Every jobs/*.py under spark-submit, in order: the same tables as `abuse night`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from abuse.lake.jars import local_jars
from abuse.registry import STEPS
from abuse.settings import Settings
from tests.night import tiny
from tests.night.lakes import public_rows
from tests.torture.kill import night, raise_if

JOBS = Path(__file__).parent.parent.parent / "jobs"


def submit(folder: Path) -> None:
    """Prints seconds per job and whether the tables are the same."""
    file, lake, whole = tiny.write(folder / "inputs"), folder / "lake", folder / "whole"
    subprocess.run(night(file, whole, tiny.AS_OF), check=True, capture_output=True)
    jars = ",".join(str(path) for path in local_jars(Settings().jars))
    binary = Path(sys.executable).parent / "spark-submit"
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    options = ["--master", "local[2]", "--jars", jars, "--conf", "spark.sql.shuffle.partitions=2"]
    for step in STEPS:
        started = time.monotonic()
        command = [str(binary), *options, str(JOBS / f"{step}.py"), *night(file, lake, tiny.AS_OF)[4:]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{step} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        print(f"spark-submit jobs/{step}.py {time.monotonic() - started:.0f} s")
    is_same = public_rows(lake) == public_rows(whole)
    print(f"same tables as `abuse night`: {is_same}")
    raise_if(not is_same)
