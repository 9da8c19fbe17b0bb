"""as_of at the edges of time: wrong here means a slice is judged on the wrong day's facts, or twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, CronTriggerTimetable
from airflow.serialization.serialized_objects import DagSerialization
from pendulum import instance

from farm import window

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "America/Havana", "Asia/Beirut")


@dataclass
class Run:
    data_interval_end: datetime | None
    run_after: datetime
    start_date: datetime | None = None


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "tick", "wanted"),
    [
        ("UTC", "2026-03-01T00:00", "2026-03-01T00:00:00Z"),
        ("UTC", "2026-03-01T23:59", "2026-03-01T00:00:00Z"),
        # clocks go forward on 29 March 2026 at 02:00 there: that midnight is still winter's, the next is summer's
        ("Europe/Berlin", "2026-03-28T23:00", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-03-29T21:59", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-03-29T22:00", "2026-03-29T22:00:00Z"),
        # and back on 25 October 2026: a day of 25 hours
        ("Europe/Berlin", "2026-10-24T22:00", "2026-10-24T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25T22:59", "2026-10-24T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25T23:00", "2026-10-25T23:00:00Z"),
        # a midnight that is skipped (Cairo, 24 April 2026, 00:00 -> 01:00): the first instant of that day
        ("Africa/Cairo", "2026-04-23T22:00", "2026-04-23T22:00:00Z"),
        ("Africa/Cairo", "2026-04-23T21:59", "2026-04-22T22:00:00Z"),
        # a midnight that comes twice (Havana, 1 November 2026, 01:00 -> 00:00): the first of the two
        ("America/Havana", "2026-11-01T04:00", "2026-11-01T04:00:00Z"),
        ("America/Havana", "2026-11-01T05:30", "2026-11-01T04:00:00Z"),
        ("Asia/Kathmandu", "2026-05-01T18:15", "2026-05-01T18:15:00Z"),
    ],
)
def test_as_of_is_the_last_midnight_at_or_before_the_tick(zone: str, tick: str, wanted: str) -> None:
    assert window.stamp(window.as_of(utc(tick), zone)) == wanted


@pytest.mark.parametrize("zone", ZONES)
def test_every_hour_of_a_year_has_one_as_of_and_every_day_one_slice(zone: str) -> None:
    start = utc("2026-01-02T00:00")
    ticks = [start + timedelta(hours=n) for n in range(365 * 24)]
    found = [window.as_of(tick, zone) for tick in ticks]
    assert all(at <= tick < at + timedelta(hours=26) for tick, at in zip(ticks, found, strict=True))
    assert found == sorted(found)
    assert 364 <= len(set(found)) <= 366


def scheduled(timetable: object, first: datetime, last: datetime) -> list[Run]:
    """The runs the scheduler makes, as `backfill create` asks for them."""
    with DAG("scheduled", schedule=timetable, start_date=instance(first - timedelta(days=9))) as dag:
        EmptyOperator(task_id="nothing")
    served = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    infos = served.iter_dagrun_infos_between(instance(first), instance(last))
    return [Run(info.data_interval.end, info.run_after) for info in infos]


@pytest.mark.parametrize("kind", [CronTriggerTimetable, CronDataIntervalTimetable])
@pytest.mark.parametrize("cron", ["0 0 * * *", "0 2 * * *", "30 5 * * *", "0 */6 * * *"])
def test_a_schedule_moved_within_the_day_or_to_the_other_timetable_judges_the_same_slice(kind: type, cron: str) -> None:
    runs = scheduled(kind(cron, timezone="UTC"), utc("2026-03-04T00:00"), utc("2026-03-08T00:00"))
    on_the_6th = [run for run in runs if run.run_after.date() == date(2026, 3, 6)]
    assert on_the_6th
    for run in on_the_6th:
        assert window.tick(run) == run.run_after, "the cron's own instant"
        assert window.as_of(window.tick(run), "UTC") == utc("2026-03-06T00:00")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_bare_backfill_of_three_dates_is_three_slices_the_last_included(zone: str) -> None:
    runs = scheduled(CronTriggerTimetable("0 0 * * *", timezone=zone), utc("2026-03-28T00:00"), utc("2026-03-30T00:00"))
    slices = [window.as_of(window.tick(run), zone) for run in runs]
    days = (28, 29, 30) if zone == "UTC" else (29, 30)  # Berlin's 28th begins on the 27th in UTC, before the first date
    assert slices == [window.midnight(date(2026, 3, day), zone) for day in days]


def test_off_midnight_a_bare_backfill_loses_its_last_date() -> None:
    """Why the schedule is midnight, and the wait for the day's data a task."""
    runs = scheduled(
        CronTriggerTimetable("0 2 * * *", timezone="UTC"), utc("2026-03-28T00:00"), utc("2026-03-30T00:00")
    )
    assert [run.run_after.day for run in runs] == [28, 29]


def test_a_late_run_and_a_retry_judge_the_slice_they_were_scheduled_for() -> None:
    tick = utc("2026-03-05T00:00")
    late = Run(tick, tick, start_date=utc("2026-03-07T13:00"))
    assert window.of_run(late, "UTC", 2) == {"as_of": "2026-03-05T00:00:00Z", "settled_at": "2026-03-05T02:00:00Z"}


def test_a_manual_run_judges_the_midnight_before_it_with_a_date_or_without() -> None:
    now = utc("2026-03-05T10:37")
    for run in (Run(now, now, now), Run(None, now, now)):
        assert window.of_run(run, "UTC", 0)["as_of"] == "2026-03-05T00:00:00Z"


def test_a_run_of_the_future_is_refused() -> None:
    run = Run(utc("2027-01-01T00:00"), utc("2027-01-01T00:00"), start_date=utc("2026-03-05T10:00"))
    with pytest.raises(
        ValueError, match="as_of 2027-01-01T00:00:00Z has not come yet; 2026-03-05T00:00:00Z is the newest"
    ):
        window.of_run(run, "UTC", 2)


def test_dates_hold_both_ends() -> None:
    assert [d.isoformat() for d in window.dates("2026-02-27", "2026-03-01")] == [
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
    ]
    assert len(window.dates("2026-03-01", "2026-03-01")) == 1


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [("2026-03-02", "2026-03-01", "backwards"), ("03/02/2026", "2026-03-01", "two dates like 2026-03-31 are wanted")],
)
def test_wrong_dates_are_one_line(first: str, last: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as why:
        window.dates(first, last)
    assert "\n" not in str(why.value)


def test_the_last_night_of_a_campaign_is_never_in_the_future() -> None:
    ends = utc("2026-03-31T12:00")
    assert window.last_night(ends, "UTC", 30, newest=utc("2026-11-01T00:00")) == "2026-04-30"
    assert window.last_night(ends, "UTC", 30, newest=utc("2026-04-05T00:00")) == "2026-04-05"
