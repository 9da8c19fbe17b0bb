"""Campaigns and dates -> past nights, oldest first, each what `abuse night` would publish.

Killed, the same call goes on. A night is done when its publication is of the run that today's files, rules, version and
reviews would make; such a one is left alone. All others are run whole. Other slices keep their rows: only the nearest
later one is compared again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from abuse import __version__
from abuse.campaign import Campaign
from abuse.edge.context import Night
from abuse.edge.ingest import fact_units
from abuse.edge.rules import rules_digest
from abuse.edge.units import units
from abuse.errors import Held, InputError
from abuse.instants import not_to_come
from abuse.lake.campaigns import campaign_at
from abuse.lake.delta import Lake
from abuse.lake.people import review_ids, reviews, run_name
from abuse.lake.publication import Publication, publications
from abuse.lake.storage import read_json, record_folder
from abuse.night import Progress, run_night
from abuse.settings import Settings

NEW, CHANGED, UNFINISHED, DONE = "new", "changed", "unfinished", "done"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A night that was asked for. `state` is new, changed, unfinished or done, `why` a few words on it."""

    campaign: Campaign
    settings: Settings
    as_of: datetime
    state: str
    why: str
    compares: datetime | None
    """The later night whose comparison with the one before it would be written again."""

    def row(self) -> dict[str, Any]:
        """For machines."""
        later = self.compares.isoformat() if self.compares else None
        named = {"campaign_id": self.campaign.id, "as_of": self.as_of.isoformat()}
        return named | {"state": self.state, "why": self.why, "compares": later}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a night ended: published, held, failed or left (it was done)."""

    campaign_id: str
    as_of: datetime
    status: str
    said: str
    run_id: str | None = None

    def row(self) -> dict[str, Any]:
        """For machines."""
        named = {"campaign_id": self.campaign_id, "as_of": self.as_of.isoformat(), "run_id": self.run_id}
        return named | {"status": self.status, "said": self.said}


def midnights(campaign: Campaign, first: date, last: date, every_days: int = 1) -> list[datetime]:
    """UTC midnights from the first date to the last, both included, that lie after the campaign's start."""
    if last < first:
        raise InputError("--to", last.isoformat(), f"{first.isoformat()} or later", "Name the earlier date in --from.")
    days = range(0, (last - first).days + 1, every_days)
    found = [datetime.combine(first + timedelta(days=day), time(), UTC) for day in days]
    return [as_of for as_of in found if as_of > campaign.starts_at]


def plan(
    lake: str, files: Sequence[str], settings: Settings, first: date, last: date, *, every_days: int = 1
) -> list[Planned]:
    """The nights of all campaigns, oldest first, of one date in the order of the files. Reads files, runs nothing.

    Raises InputError for a campaign named twice, for dates in the wrong order and when no date is left.
    """
    found: list[Planned] = []
    not_to_come(datetime.combine(last, time(), UTC), "--to")
    for file in files:
        campaign, ours = campaign_at(file, settings)
        if any(one.campaign.id == campaign.id for one in found):
            raise InputError(f"--campaign {file}", f"a second file of {campaign.id!r}", "one each", "Leave one out.")
        found += _planned(lake, campaign, ours, midnights(campaign, first, last, every_days))
    if not found:
        asked = f"no date from {first.isoformat()} to {last.isoformat()} after the start"
        raise InputError("--from, --to", asked, "at least one night", "Give later dates.")
    return sorted(found, key=lambda one: one.as_of)


def _planned(lake: str, campaign: Campaign, settings: Settings, dates: list[datetime]) -> Iterator[Planned]:
    if not dates:
        return
    made = {
        "rules_digest": rules_digest(campaign, settings),
        "version": __version__,
        "facts": fact_units(units(campaign, settings, lake, keeps=False)),
        "reviews": review_ids(reviews(lake, campaign.id)),
    }
    published = publications(lake, campaign.id)
    for as_of in dates:
        state, why = _state(lake, campaign, as_of, made, published)
        later = min((p.run.as_of for p in published if p.run.as_of > as_of), default=None)
        yield Planned(
            campaign=campaign,
            settings=settings,
            as_of=as_of,
            state=state,
            why=why,
            compares=None if state == DONE else later,
        )


def _state(
    lake: str, campaign: Campaign, as_of: datetime, made: dict[str, Any], published: list[Publication]
) -> tuple[str, str]:
    record = read_json(f"{record_folder(lake, campaign.id, as_of)}/ingest.json")
    ours = next((p.run for p in published if p.run.as_of == as_of), None)
    if record is None:
        return NEW, "never run"
    record = record | {"facts": {name: fact["units"] for name, fact in record["facts"].items()}}
    other = [said for name, said in CHANGES.items() if record[name] != made[name]]
    is_of_now = ours is not None and ours.run_id == run_name(record.get("base", ""), made["reviews"])
    if ours and (other or not is_of_now):
        return CHANGED, f"since run {ours.run_id}: {', '.join(other) or 'reviews, or a night that was not published'}"
    if ours is None:
        return UNFINISHED, f"run {record['run_id']} was not published"
    return DONE, f"published, run {ours.run_id}"


CHANGES = {"rules_digest": "campaign file, settings or model", "version": "version of the project", "facts": "files"}
"""What of ingest's record makes another run, beside people's word."""


def backfill(
    lake: Lake, planned: Sequence[Planned], progress: Progress, say: Say, *, again: bool = False
) -> list[Ended]:
    """Runs them in this order; `again` those that are done, too. A night that is held, or whose data cannot be used,
    stops none of the others. Any other error stops, and the same call goes on behind it.
    """
    ended = []
    for number, one in enumerate(planned, 1):
        title = f"{number}/{len(planned)} {one.campaign.id} as of {one.as_of:%Y-%m-%d}"
        if one.state == DONE and not again:
            ended.append(_ended(one, "left", one.why))
        else:
            say(f"{title}: {one.state}, {one.why}")
            ended.append(_run(lake, one, progress))
        say(f"{title}: {ended[-1].status}, {ended[-1].said}")
    return ended


def _run(lake: Lake, one: Planned, progress: Progress) -> Ended:
    night = Night(lake, one.campaign, one.settings, one.as_of)
    try:
        report = run_night(night, progress)
    except Held as why:
        return _ended(one, "held", str(why), night)
    except InputError as why:
        return _ended(one, "failed", str(why), night)
    verdicts = report["verdicts"]
    counted = ", ".join(f"{verdicts[name]:,} {name}" for name in sorted(verdicts))
    return _ended(one, "published", counted, night)


def _ended(one: Planned, status: str, said: str, night: Night | None = None) -> Ended:
    run_id = night.record.get("ingest", {}).get("run_id") if night else None
    return Ended(campaign_id=one.campaign.id, as_of=one.as_of, status=status, said=said, run_id=run_id)
