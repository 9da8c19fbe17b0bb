"""A run's scheduled instant -> as_of. The one place that decides it; no clock but the scheduler's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def midnight(day: date, timezone: str) -> datetime:
    """The first instant of a day there, in UTC; where clocks skip or repeat midnight, still the first."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def as_of(tick: datetime, timezone: str) -> datetime:
    """The last midnight at or before the tick, in UTC.

    A function of the scheduled instant alone: a late run, a retry and a second run of a day all judge the same slice,
    and a schedule moved within the day moves no slice.
    """
    return midnight(tick.astimezone(ZoneInfo(timezone)).date(), timezone)


def tick(dag_run: Any) -> datetime:
    """The scheduled instant of a run.

    data_interval_end is the cron's own instant under CronTriggerTimetable (whose interval is empty) and under
    CronDataIntervalTimetable (whose logical date is a day earlier). A run triggered without a date has only run_after.
    """
    found: datetime = dag_run.data_interval_end or dag_run.run_after
    return found


def dates(first: str, last: str) -> list[date]:
    """Every day from the first to the last, both included, oldest first. Raises ValueError in one line."""
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as why:
        raise ValueError(f"from {first!r} to {last!r}: {why}; two dates like 2026-03-31 are wanted") from why
    if end < begin:
        raise ValueError(f"from {first} to {last} is backwards; the older date comes first")
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def last_night(ends_at: datetime | None, timezone: str, live_days: int, newest: datetime) -> str:
    """The date of a campaign's last nightly run so far. Raises ValueError when its end is not known."""
    if ends_at is None:
        raise ValueError("its file cannot be read, so the last date must be given")
    last = min(as_of(ends_at + timedelta(days=live_days), timezone), newest)
    return last.astimezone(ZoneInfo(timezone)).date().isoformat()


def past(instants: list[datetime], newest: datetime) -> list[datetime]:
    """The same. Raises ValueError for one that has not come yet: a publication of the future would stay current."""
    if instants and instants[-1] > newest:
        raise ValueError(f"as_of {stamp(instants[-1])} has not come yet; {stamp(newest)} is the newest that has")
    return instants


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def of_run(dag_run: Any, timezone: str, settle_hours: float) -> dict[str, str]:
    """as_of of a run, and when its data has settled. Raises ValueError for an as_of that has not come yet."""
    instant = as_of(tick(dag_run), timezone)
    past([instant], as_of(dag_run.start_date or dag_run.run_after, timezone))
    return {"as_of": stamp(instant), "settled_at": stamp(instant + timedelta(hours=settle_hours))}
