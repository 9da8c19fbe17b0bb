"""Once a month: a candidate model, trained and evaluated, never promoted. Its page: farm/pages/train.md."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from pendulum import datetime

from farm import window
from farm.command import CommandError, last_line, output
from farm.deployment import load
from farm.night import defaults, page

deployment = load()
TIMEOUT = timedelta(hours=12)
CANDIDATE = Asset(name=f"{deployment.pool}/model_candidate", uri=f"x-model://{deployment.pool}/candidate")


def run(*arguments: str) -> None:
    """An `abuse` command with its output in the log. Raises CommandError with its last line."""
    done = output(deployment.abuse, *arguments, timeout_s=TIMEOUT.total_seconds())
    print(done.stdout)  # noqa: T201 - a task's output is its log
    if done.returncode:
        raise CommandError(f"abuse {arguments[0]}: {last_line(done.stderr)}")


with DAG(
    dag_id="farm_train",
    description="Trains and evaluates a candidate model. Never promotes one.",
    doc_md=page("train"),
    schedule=CronTriggerTimetable("0 6 1 * *", timezone=deployment.timezone),
    start_date=datetime(2026, 1, 1, tz=deployment.timezone),
    catchup=False,
    max_active_runs=1,
    default_args=defaults(deployment),
    tags=["farm", "training"],
):

    @task(doc_md="Where the candidate goes; skips when the installed project has no trainer.")
    def candidate() -> str:
        """The folder of this run's candidate: one a month, so that a retry goes on where it was."""
        for name in ("train", "evaluate"):
            if output(deployment.abuse, name, "--help").returncode:
                raise AirflowSkipException(f"the installed project has no `abuse {name}`: nothing to train")
        as_of = window.of_run(get_current_context()["dag_run"], deployment.timezone, 0)["as_of"]
        return f"{deployment.models}/candidate-{as_of[:10]}"

    @task(execution_timeout=TIMEOUT, doc_md="`abuse train`")
    def train(folder: str) -> str:
        run("train", "--out", folder)
        return folder

    @task(execution_timeout=TIMEOUT, outlets=[CANDIDATE], doc_md="`abuse evaluate`, against every baseline")
    def evaluate(folder: str, *, outlet_events: object = None) -> None:
        run("evaluate", "--model", folder, "--out", f"{folder}/evaluation")
        outlet_events[CANDIDATE].extra = {"folder": folder}  # type: ignore[index]

    evaluate(train(candidate()))
