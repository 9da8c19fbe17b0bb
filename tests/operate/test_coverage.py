"""What a run's data could not know, as ops read it beside a verdict."""

from __future__ import annotations

from abuse.operate.coverage import coverage

MOVED = {"table": "transfers", "chain": "base"}
REPORT = {
    "sources": [
        MOVED | {"newest": "2026-03-08T23:59:59+00:00"},
        MOVED | {"newest": "2026-03-09T10:15:59.5+00:00"},
        MOVED | {"chain": "polygon", "newest": "2026-04-01T00:00:00+00:00"},
        {"table": "labels", "chain": "base", "newest": "2026-05-01T00:00:00+00:00"},
        {"table": "traces", "chain": "base", "newest": None},
    ],
    "verdicts": {"clear": 44, "not_analysed": 8},
}


def test_a_verdict_on_old_data_says_how_old_they_are() -> None:
    assert coverage(REPORT) == [
        "Movements on base are known until 2026-03-09 10:15:00 UTC.",
        "Movements on polygon are known until 2026-04-01.",
        "Of 15.4% of the participants no movement of money is known.",
    ]


def test_a_run_of_an_earlier_release_says_nothing() -> None:
    assert coverage({}) == []
    assert coverage({"sources": [{"table": "transfers"}], "verdicts": {}}) == []
