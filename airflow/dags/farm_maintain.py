"""Once a week: the lake's upkeep. Its page: farm/pages/maintain.md."""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task
from pendulum import datetime

from farm.command import CommandError, last_line, output
from farm.deployment import load
from farm.night import defaults, page

deployment = load()
TIMEOUT = timedelta(hours=deployment.step_timeout_hours)

with DAG(
    dag_id="farm_maintain",
    description="Joins small files and removes those that nothing needs.",
    doc_md=page("maintain"),
    schedule=CronTriggerTimetable("0 12 * * 0", timezone=deployment.timezone),  # far from the night
    start_date=datetime(2026, 1, 1, tz=deployment.timezone),
    catchup=False,
    max_active_runs=1,
    default_args=defaults(deployment),
    tags=["farm", "maintenance"],
):

    @task(pool=deployment.pool, execution_timeout=TIMEOUT, doc_md="`abuse maintain`")
    def maintain() -> None:
        """What was joined and removed, in the log."""
        done = output(deployment.abuse, "maintain", "--lake", deployment.lake, timeout_s=TIMEOUT.total_seconds())
        print(done.stdout)  # noqa: T201 - a task's output is its log
        if done.returncode:
            raise CommandError(f"abuse maintain: {last_line(done.stderr)}")

    maintain()
