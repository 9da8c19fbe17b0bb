"""A past campaign, judged by tonight's rules on the data of then. Its page: farm/pages/backfill.md."""

from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pendulum import datetime

from farm import window
from farm.campaigns import campaign
from farm.deployment import load
from farm.night import defaults, nights, page, slice_of

deployment = load()

with DAG(
    dag_id="farm_backfill",
    description="Judges a past campaign, or past dates of one, without disturbing other dates.",
    doc_md=page("backfill"),
    schedule=None,
    start_date=datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=4,
    default_args=defaults(deployment) | {"priority_weight": 1},
    params={
        "campaign": Param(type="string", minLength=1, title="Campaign id"),
        "first": Param(None, type=["null", "string"], format="date", title="First as_of date"),
        "last": Param(None, type=["null", "string"], format="date", title="Last as_of date, included"),
    },
    tags=["farm", "backfill"],
):

    @task
    def slices() -> list[dict[str, str]]:
        """One for each date, oldest first."""
        context = get_current_context()
        params, run, zone = context["params"], context["dag_run"], deployment.timezone
        try:
            one = campaign(deployment.campaigns, params["campaign"])
            newest = window.as_of(run.start_date or run.run_after, zone)
            last = (
                params["last"] or params["first"] or window.last_night(one.ends_at, zone, deployment.live_days, newest)
            )
            days = window.dates(params["first"] or last, last)
            instants = window.past([window.midnight(day, zone) for day in days], newest)
        except ValueError as why:
            raise AirflowFailException(str(why)) from why
        return [slice_of(deployment, one, window.stamp(instant)) for instant in instants]

    nights(deployment, slices())
