"""Runs the steps in their order, in one session (`abuse night`) or one process each (`abuse step`, jobs/)."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from abuse.campaign import campaign_from_json
from abuse.edge import gating
from abuse.edge import ingest as reading
from abuse.edge import publish as publishing
from abuse.edge import refresh as refreshing
from abuse.edge.context import Night
from abuse.errors import AbuseError, Held, LakeError, first_line
from abuse.lake.delta import Lake
from abuse.lake.lock import LakeLock, slice_lock
from abuse.lake.publication import runs
from abuse.lake.storage import read_json, record_folder
from abuse.lake.trouble import writable
from abuse.registry import STEPS
from abuse.settings import settings_from_json


class Progress(Protocol):
    """Shows a step while it runs."""

    def step(self, name: str, place: int, total: int) -> AbstractContextManager[None]: ...


def lock(night: Night) -> LakeLock:
    return slice_lock(night.lake.uri, night.campaign.id, night.as_of)


def run_night(night: Night, progress: Progress) -> dict[str, Any]:
    """All steps; returns the run report. Raises Held at the first closed gate, with nothing public changed."""
    reading.check_sources(night)
    with lock(night) as held:
        for name in STEPS:
            held.check()
            try:
                if name != "ingest":
                    night.require_rules()
                run_step(name, night, progress)
            except Held:
                raise
            except (Exception, KeyboardInterrupt) as why:
                _failed(night, name, why)
                raise
            if name != "decide":  # publish asks the gates of decide, all together
                _hold_if_closed(name, night)
    return night.report


def run_alone(name: str, night: Night, progress: Progress) -> dict[str, Any]:
    """A step as a process of its own. A closed gate is an answer, not an error: it is written down in `runs` as held,
    and comes back as `held`, the sentence an operator reads.
    """
    try:
        if name == "ingest":
            reading.check_sources(night)
        record = run_step(name, night, progress)
        with lock(night):
            _hold_if_closed(name, night)
    except Held as why:
        record = night.record.get(name, {"run_id": night.run.run_id, "seconds": 0.0}) | {"held": str(why)}
    except (Exception, KeyboardInterrupt) as why:
        _failed(night, name, why)
        raise
    return record


def _hold_if_closed(step: str, night: Night) -> None:
    with _storage(night):
        publishing.hold_if_closed(night, gating.gates_after(step, night))


def _storage(night: Night) -> AbstractContextManager[None]:
    return writable(f"lake {night.lake.uri}")


def run_step(name: str, night: Night, progress: Progress) -> dict[str, Any]:
    """One step, timed; what it counted is kept for the report and for the steps after it."""
    before = tuple(STEPS)[: list(STEPS).index(name)]
    if any(step not in night.record for step in before):
        night.load(before)  # before the lock: a step before its time makes no lake
    with _storage(night), lock(night), progress.step(name, len(before), len(STEPS)):
        started = time.monotonic()
        # by this Spark's pages and its event log say which step a job belongs to
        night.lake.spark.sparkContext.setJobGroup(name, f"{name} of {night.campaign.id}")
        record = night.record[name] = STEPS[name](night)
        record |= gating.asked(name, night)
        record |= {"run_id": night.run.run_id, "seconds": round(time.monotonic() - started, 3)}
        night.save(name, record)
        publishing.record_gates(night, gating.gates_after(name, night))
        if name == "publish":  # what people said while the night ran counts at once, and not from the next one on
            since = refreshing.refresh(night.lake, night.campaign.id, night.as_of)
            night.report = since.report if since else night.report
    return record


def _failed(night: Night, step: str, why: BaseException) -> None:
    """A failed attempt is written down, once there is a run to write it under; bad input has none."""
    ingest = night.record.get("ingest", {})
    if "participants" in ingest and not isinstance(why, LakeError):
        what = str(why) if isinstance(why, AbuseError) else type(why).__name__
        what = f"{step}: {'interrupted' if isinstance(why, KeyboardInterrupt) else what}"
        try:
            publishing.finish(night, "failed", [], reason=what)
        except Exception as also:  # what went wrong first is what an operator has to know
            why.add_note(f"Nor could that be written down: {first_line(also)}")


def release(lake: Lake, run_id: str, actor: str, reason: str, progress: Progress) -> dict[str, Any]:
    """Lets a held run pass the gates that hold it and does what is left of it; returns the report of the publication.

    Raises Held at a gate that is asked only now and closed, and LakeError when the run is not the latest of its slice,
    or is not held.
    """
    row = next((r for r in runs(lake.uri) if r.run_id == run_id), None)
    if row is None:
        raise _unreleasable(lake, run_id, "is unknown")
    with slice_lock(lake.uri, row.campaign_id, row.as_of):
        latest = next(r for r in runs(lake.uri, row.campaign_id) if r.is_attempt and r.as_of == row.as_of)
        if latest.run_id != run_id or latest.status not in ("held", "released"):
            raise _unreleasable(lake, run_id, f"the latest of its slice is {latest.run_id}, {latest.status}")
        night = resumed(lake, row.campaign_id, row.as_of)
        if night.run.run_id != run_id:  # another was begun since, and its gates were never asked
            raise _unreleasable(lake, run_id, f"its slice was begun again, as run {night.run.run_id}")
        night.load(tuple(night.record))
        publishing.finish(night, "released", [], actor=actor, reason=reason)
        for name in STEPS:
            if name not in night.record or name == "publish":
                run_step(name, night, progress)
                if name != "decide":
                    _hold_if_closed(name, night)
    return night.report


def _unreleasable(lake: Lake, run_id: str, found: str) -> LakeError:
    return LakeError(f"run {run_id}", found, "the latest of its slice, held", f"See `abuse runs --lake {lake.uri}`.")


def resumed(lake: Lake, campaign_id: str, as_of: datetime) -> Night:
    """The night of a slice as its records tell it, without the campaign file."""
    folder = record_folder(lake.uri, campaign_id, as_of)
    record = {step: found for step in STEPS if (found := read_json(f"{folder}/{step}.json")) is not None}
    record.pop("publish", None)
    made = record.get("ingest")
    if made is None:
        raise LakeError(f"lake {lake.uri}", f"no records of {campaign_id}", "what ingest left", "Run the night again.")
    ours = {step: found for step, found in record.items() if found["run_id"] == made["run_id"]}
    return Night(lake, campaign_from_json(made["campaign"]), settings_from_json(made["settings"]), as_of, record=ours)
