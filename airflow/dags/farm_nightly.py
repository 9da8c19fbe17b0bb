"""Every night: who of each live campaign's participants is out, and why. Its page: farm/pages/nightly.md."""

from datetime import timedelta

from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.sdk import DAG, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pendulum import datetime, now

from farm import notify, window
from farm.campaigns import campaigns
from farm.deployment import load
from farm.night import defaults, has_ended, nights, page, slice_of

deployment = load()

with DAG(
    dag_id="farm_nightly",
    description="Judges the participants of every live campaign, and publishes who is out and why.",
    doc_md=page("nightly"),
    schedule=CronTriggerTimetable(deployment.schedule, timezone=deployment.timezone),
    start_date=datetime(2026, 1, 1, tz=deployment.timezone),
    catchup=False,
    max_active_runs=1,
    default_args=defaults(deployment) | {"priority_weight": 10},  # before farm_backfill, for the lake's one slot
    tags=["farm", "nightly"],
):

    @task(task_id="window")
    def window_of_run() -> dict[str, str]:
        """as_of of this run, and when its data has settled."""
        try:
            return window.of_run(get_current_context()["dag_run"], deployment.timezone, deployment.settle_hours)
        except ValueError as why:
            raise AirflowFailException(str(why)) from why

    @task
    def slices(as_of: str) -> list[dict[str, str]]:
        """One for each campaign that is live at as_of."""
        try:
            every = campaigns(deployment.campaigns)
        except ValueError as why:
            raise AirflowFailException(str(why)) from why
        instant = window.parse(as_of)
        return [slice_of(deployment, one, as_of) for one in every if one.is_live(instant, deployment.live_days)]

    # A task and no DeadlineAlert: Airflow 3.3 cannot clear tasks of a run that has one (apache/airflow issue 70368).
    @task.sensor(
        mode="reschedule",
        poke_interval=15,  # a night without live campaigns ends in seconds, and the next one waits for this task too
        exponential_backoff=True,
        max_wait=timedelta(minutes=5),
        timeout=timedelta(hours=deployment.alarm_hours + 1).total_seconds(),
        execution_timeout=None,
        doc_md="Runs beside the night; tells the webhook when that is not done `alarm_hours` after its start.",
    )
    def alarm() -> bool:
        """Whether there is nothing left to watch. A backfill waits its turn for the slot, and is never late."""
        context = get_current_context()
        run, ti = context["dag_run"], context["ti"]
        if run.run_type != "scheduled" or has_ended(ti):
            return True
        is_late: bool = now("UTC") >= run.start_date + timedelta(hours=deployment.alarm_hours)
        if is_late:
            notify.late(ti.dag_id, ti.run_id)
        return is_late

    alarm()
    instants = window_of_run()
    # Not deferred: Airflow 3.3 fails a task whose trigger fires before the scheduler has read that it was deferred
    # (apache/airflow issues 71580 and 72716), and for past dates it fires at once.
    settled = DateTimeSensor(
        task_id="settled",
        mode="reschedule",
        poke_interval=timedelta(minutes=5),
        target_time="{{ ti.xcom_pull(task_ids='window')['settled_at'] }}",
        execution_timeout=None,
        timeout=timedelta(hours=deployment.settle_hours + 1).total_seconds(),
        doc_md="Waits until the day's data has settled; past dates pass at once.",
    )
    live = slices(instants["as_of"])
    instants >> settled >> live
    nights(deployment, live)
