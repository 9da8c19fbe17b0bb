"""Writes what others than the project need to know of its steps: `poe steps`.

airflow/dags/farm/steps.py, since the DAGs import nothing of the project; and jobs/<step>.py for spark-submit.
"""

from pathlib import Path

from abuse.registry import REGISTRY
from abuse.tables import PUBLIC

PROJECT = Path(__file__).parent.parent
FOR_AIRFLOW = '''"""Written by `poe steps` from src/abuse/registry.py: steps, gates after them, public tables."""

STEPS = (
{steps}
)
GATES = {{
{gates}
}}
PUBLIC = (
{public}
)
'''
JOB = '''"""The {name} step under spark-submit: jobs/{name}.py --campaign FILE --as-of TS --lake URI."""

import sys

from abuse.cli import main

if __name__ == "__main__":
    main(["step", "{name}", *sys.argv[1:]])
'''


def files() -> dict[str, str]:
    """Path in the project -> what it must hold."""
    airflow = FOR_AIRFLOW.format(
        steps="\n".join(f'    "{step.name}",' for step in REGISTRY),
        gates="\n".join(f'    "{step.name}": "{step.gate}",' for step in REGISTRY if step.gate),
        public="\n".join(f'    "{table.table_name()}",' for table in PUBLIC),
    )
    jobs = {f"jobs/{step.name}.py": JOB.format(name=step.name) for step in REGISTRY}
    return {"airflow/dags/farm/steps.py": airflow} | jobs


if __name__ == "__main__":
    for name, text in files().items():
        (PROJECT / name).write_text(text, encoding="utf-8")
