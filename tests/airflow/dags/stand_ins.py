"""An `abuse` and a `spark-submit` that answer by the name of the campaign, to try the DAG's own logic in seconds.

The real ones run in tests/airflow/system.
"""

from __future__ import annotations

import sys
from pathlib import Path

from farm.steps import PUBLIC

ABUSE = """#!{python}
import json, sys
args = dict(zip(sys.argv[2::2], sys.argv[3::2]))
if sys.argv[1] == "gates":
    run = "run-" + args["--campaign"]
    if run == "run-taken" and args["--stage"] != "inputs":
        run = "run-of-another-writer"
    is_held = run == "run-held-" + args["--stage"]
    answer = {{"run_id": run, "stage": args["--stage"], "passed": not is_held, "message": "a share of 40%"}}
    print(json.dumps([answer]))
    sys.exit(3 if is_held else 0)
if sys.argv[1] == "runs":
    run = "run-" + args["--campaign"]
    status = {{"run-late-hold": "held", "run-torn": "failed"}}.get(run, "published")
    about = {{"as_of": "2026-04-08", "reason": "flagged_share", "versions": dict.fromkeys({public}, 4)}}
    rows = [about | {{"run_id": run, "status": status}}]
    if run == "run-good":  # people spoke while it ran
        word = {{"run_id": "run-with-their-word", "status": "published", "versions": dict.fromkeys({public}, 5)}}
        rows.insert(0, about | word)
    print(json.dumps(rows))
    sys.exit(0)
sys.exit("Error: No such command")
"""

SUBMIT = """#!{python}
import pathlib, sys
step = next(pathlib.Path(a).stem for a in sys.argv if a.endswith(".py"))
campaign = pathlib.Path(sys.argv[sys.argv.index("--campaign") + 1]).stem
with open({log!r}, "a") as log:
    log.write(f"{{campaign}} {{step}} {{sys.argv[sys.argv.index('--as-of') + 1]}}\\n")
if campaign == "broken" and step == "trails":
    print("26/11/24 04:44:19 INFO SparkContext: Running Spark version 4.1.4\\n" * 12)
    print("abuse: no such file transfers.csv; a file was wanted; mend path")
    print("26/11/24 04:44:20 INFO ShutdownHookManager: Deleting directory")
    sys.exit(1)
"""


def write(folder: Path) -> tuple[Path, Path]:
    """Paths of `abuse` and of `spark-submit`, which writes what it got to submitted.txt beside it."""
    log = folder / "submitted.txt"
    abuse, submit = folder / "abuse", folder / "spark-submit"
    abuse.write_text(ABUSE.format(python=sys.executable, public=PUBLIC))
    submit.write_text(SUBMIT.format(python=sys.executable, log=str(log)))
    for file in (abuse, submit):
        file.chmod(0o755)
    return abuse, submit
