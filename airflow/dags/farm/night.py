"""The night of one campaign as a task group: the steps in the project's own order, and a gate where one is asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, TaskGroup, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from farm import notify
from farm.campaigns import Campaign
from farm.command import Said, ask
from farm.deployment import Deployment
from farm.launch import submit
from farm.steps import GATES, PUBLIC, STEPS

AGAIN = "another writer took the slice: clear ingest with its downstream"
LIGHT_TIMEOUT = timedelta(minutes=15)
LABEL = "{{ slice_label }}"
"""What the grid calls a mapped task."""


def defaults(deployment: Deployment) -> dict[str, Any]:
    """default_args of every farm DAG."""
    return {
        "owner": deployment.owner,
        "retries": deployment.retries,
        "retry_delay": timedelta(minutes=deployment.retry_minutes),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(hours=1),
        "execution_timeout": LIGHT_TIMEOUT,
        "on_failure_callback": notify.failed,
        "weight_rule": "upstream",  # a campaign that is nearly done goes before one that has not begun
    }


def page(name: str) -> str:
    """What Airflow shows beside a DAG: what it does, and what to do when it is red."""
    return (Path(__file__).parent / "pages" / f"{name}.md").read_text(encoding="utf-8")


def assets(deployment: Deployment) -> list[Asset]:
    """One per public table. Each event says run_id, slice and the Delta version to read."""
    name = deployment.pool
    return [Asset(name=f"{name}/{table}", uri=f"x-delta://{name}/{table}") for table in PUBLIC]


def slice_of(deployment: Deployment, campaign: Campaign, as_of: str) -> dict[str, str]:
    """The arguments of one mapped night."""
    file = campaign.file
    if deployment.launcher == "emr_serverless":
        file = f"{deployment.emr.campaigns}/{file.rsplit('/', 1)[-1]}"
    return {"campaign": file, "campaign_id": campaign.id, "as_of": as_of, "label": f"{campaign.id} {as_of[:10]}"}


def nights(deployment: Deployment, slices: Any) -> TaskGroup:
    """The steps and gates, mapped over slices. A held slice skips its own later steps and nobody else's."""

    @task_group(group_id="night")
    def night(campaign: str, campaign_id: str, as_of: str, label: str) -> None:
        before: Any = None
        run_id: Any = None
        for step in STEPS:
            submitted = submit(step, deployment, campaign, as_of, label)
            if before is not None:
                before >> submitted
            before = submitted
            if stage := GATES.get(step):
                run_id = _gate(deployment, stage)(campaign_id=campaign_id, as_of=as_of, label=label, run_id=run_id)
                before >> run_id
                before = run_id
        before >> _published(deployment)(campaign_id=campaign_id, as_of=as_of, label=label)

    group = night.expand_kwargs(slices)
    group >> _all_published(slices)
    return group


@task(task_id="all_published", trigger_rule="none_failed", doc_md="Pink: some slice is held, or there was none.")
def _all_published(slices: list[dict[str, str]]) -> None:
    """Shows a hold without opening the group. Not `all_success`: that skips, and the run is green, where one slice is
    held and another one failed.
    """
    missing = len(slices) - _count(get_current_context()["ti"], "night.published", "success")
    if missing or not slices:
        raise AirflowSkipException(f"{missing} of {len(slices)} slices held; open `night`")


def has_ended(ti: Any) -> bool:
    """Whether the run's last task has come to whatever end."""
    return _count(ti, "all_published", "success", "skipped", "failed", "upstream_failed") > 0


def _count(ti: Any, task_id: str, *states: str) -> int:
    """How many instances of a task of this run are in one of the states."""
    asked = {"dag_id": ti.dag_id, "task_ids": [task_id], "run_ids": [ti.run_id], "states": list(states)}
    return int(ti.get_ti_count(**asked))


def _gate(deployment: Deployment, stage: str) -> Any:
    @task(task_id=f"gate_{stage}", map_index_template=LABEL, doc_md=f"`abuse gates --stage {stage}`: held is skipped.")
    def gate(campaign_id: str, as_of: str, label: str, run_id: str | None) -> str:
        """The run's id when the gate is open. A closed one is told to the webhook and skips what follows."""
        show(label)
        said, found = asked(deployment, stage, campaign_id, as_of)
        if run_id and found != run_id:
            raise AirflowFailException(f"{label} is at run {found} since gate_inputs saw {run_id}; {AGAIN}")
        if said.is_held:
            closed = [row["message"] for row in said.rows if not row["passed"]]
            held(deployment, campaign_id, as_of, found, stage, "; ".join(closed))
        return found

    return gate


def _published(deployment: Deployment) -> Any:
    outlets = assets(deployment)

    @task(task_id="published", map_index_template=LABEL, outlets=outlets, doc_md="Says which versions to read.")
    def published(campaign_id: str, as_of: str, label: str, *, outlet_events: Any = None) -> dict[str, Any]:
        """Asset events of the publication: the run, its slice and the Delta version of each table.

        Asks which run the slice is at, so that after a release this task can be cleared alone.
        """
        show(label)
        _, run_id = asked(deployment, "outputs", campaign_id, as_of)
        every = ask(deployment.abuse, "runs", "--lake", deployment.lake, "--campaign", campaign_id).rows
        attempts = [row for row in every if row["run_id"] == run_id]
        latest: dict[str, Any] = attempts[0] if attempts else {"status": "not in `abuse runs`", "reason": None}
        if latest["status"] == "held":
            held(deployment, campaign_id, as_of, run_id, "outputs", latest["reason"])
        if latest["status"] != "published":
            raise AirflowFailException(f"run {run_id} is {latest['status']}: published was wanted; clear publish")
        # with what people said while the night ran, which publish puts into a run of its own
        now = next(row for row in every if row["status"] == "published" and row["as_of"] == latest["as_of"])
        about = {"campaign_id": campaign_id, "as_of": as_of, "run_id": now["run_id"]}
        for table, outlet in zip(PUBLIC, outlets, strict=True):
            outlet_events[outlet].extra = about | {"table": table, "version": now["versions"][table]}
        return about | {"versions": now["versions"]}

    return published


def asked(deployment: Deployment, stage: str, campaign_id: str, as_of: str) -> tuple[Said, str]:
    """What the gates say of the run that the slice is at now, and that run."""
    which = ["--campaign", campaign_id, "--as-of", as_of, "--stage", stage]
    said = ask(deployment.abuse, "gates", "--lake", deployment.lake, *which)
    return said, said.rows[0]["run_id"]


def held(deployment: Deployment, campaign_id: str, as_of: str, run_id: str, stage: str, why: str) -> None:
    """Tells the webhook, and skips what follows: the last good publication stays the current one."""
    show(f"{campaign_id} {as_of[:10]} HELD")
    text = f"{campaign_id} as of {as_of} is held after {stage}: {why}. The last good publication is still served."
    do = f'abuse release {run_id} --lake {deployment.lake} --reason "..."'
    notify.send("held", text, campaign_id=campaign_id, as_of=as_of, run_id=run_id, stage=stage, release=do)
    raise AirflowSkipException(f"{text} Mend the cause and clear this task's ingest, or: {do}")


def show(label: str) -> None:
    get_current_context()["slice_label"] = label
