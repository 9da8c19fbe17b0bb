"""
### Every night: who of each live campaign's participants is out, and why

For each campaign file whose time has come: ingest, services, trails, links, clusters, features, score, decide, publish.
Three gates stand between them. Only `publish` writes public tables, so whatever goes wrong before it, campaign ops and
the payout job keep reading the last good publication.

`as_of` is the midnight at or before the run's scheduled instant; only facts before it count. The run first waits until
the day's data has settled. Running any task, or all, again replaces the same slice with the same rows.

| what you see | what it is | what to do |
|---|---|---|
| a gate is **pink**, all after it too | held: see the gate's log, `abuse gates --run RUN_ID`, and the webhook's message | below, gate by gate |
| a step is **red** | its last log line says where, what was found, what was wanted and what to do | mend it and clear the step with its downstream; nothing is lost or doubled |
| a step is red with *locked* | another writer is at work on the lake | it is retried; if it stays, `abuse runs` says who |
| `settled` waits | the day's data may still arrive | nothing, or mark it success to start now |
| `slices` is red | two files share an id, or the campaigns folder is not mounted | mend the folder, clear `slices` with downstream |
| one campaign's `ingest` is red | its file or a source is wrong; the other campaigns go on | `abuse campaign check FILE`, then clear that map index |
| nothing ran | no live campaign: `night` is skipped | check `starts_at`, `ends_at` and `live_days` |

**gate_inputs**, `quarantine_share:SOURCE`: too many rows of a source broke its contract. Read `LAKE/quarantine`: each row
says why. Usually a changed export. Mend the source and clear `ingest` with downstream.

**gate_clusters**, `largest_cluster_share`: one cluster holds too large a part of the participants. Usually a service that
no list names: find the core funder in the work of the run, add it to the campaign's labels, clear `ingest` with downstream.

**gate_outputs**, `flagged_share`: more or fewer accounts than the campaign's band. Look at the largest clusters first; if
they are right, release. `undecided`, `without_reasons`, `too_little_evidence`, `without_evidence`: a bug, never release.

**Release**: `abuse release RUN_ID --lake LAKE --reason "..."` publishes a held run; who and why are kept. It does what is
left of the run by itself; clearing the gate afterwards is harmless.

**Past nights**: `airflow backfill create --dag-id farm_nightly --from-date 2026-03-01 --to-date 2026-03-03` judges the
slices of 1, 2 and 3 March: the dates are the as_of dates, the last one included. With a timezone other than UTC, or a
schedule off midnight, give the last date as a timestamp after that day's run. A past campaign as a whole: `farm_backfill`.
"""

from datetime import timedelta

from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException
from pendulum import datetime

from farm import notify, window
from farm.campaigns import campaigns
from farm.deployment import load
from farm.night import defaults, nights, slice_of

deployment = load()

with DAG(
    dag_id="farm_nightly",
    description="Judges the participants of every live campaign, and publishes who is out and why.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable(deployment.schedule, timezone=deployment.timezone),
    start_date=datetime(2026, 1, 1, tz=deployment.timezone),
    catchup=False,
    max_active_runs=1,
    default_args=defaults(deployment) | {"priority_weight": 10},  # before backfills, for the lake's one slot
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=deployment.alarm_hours),
        callback=SyncCallback(notify.late),
    ),
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

    instants = window_of_run()
    settled = DateTimeSensorAsync(
        task_id="settled",
        target_time="{{ ti.xcom_pull(task_ids='window')['settled_at'] }}",
        execution_timeout=None,
        timeout=timedelta(hours=deployment.settle_hours + 1).total_seconds(),
        doc_md="Waits until the day's data has settled; past dates pass at once.",
    )
    live = slices(instants["as_of"])
    instants >> settled >> live
    nights(deployment, live)
