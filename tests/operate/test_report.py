"""The page an operator reads every morning."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from abuse.edge.report import next_commands
from abuse.operate.page import printable
from abuse.operate.report import AssetCount, GateAnswer, Report, SourceCount, render, summary_line


def source(name: str, table: str, rows_in: int, **counts: int) -> SourceCount:
    """A source that adds up unless `kept` says otherwise."""
    rest = {k: counts.get(k, 0) for k in ("quarantined", "duplicates", "not_a_transfer", "after_as_of")}
    return {
        "source": name,
        "table": table,
        "rows_in": rows_in,
        "kept": counts.get("kept", rows_in - sum(rest.values())),
        "quarantined": rest["quarantined"],
        "duplicates": rest["duplicates"],
        "not_a_transfer": rest["not_a_transfer"],
        "after_as_of": rest["after_as_of"],
        "unknown_status": counts.get("unknown_status", 0),
        "note": "",
    }


def asset(name: str, rows: int, counting: int, **why: int) -> AssetCount:
    rest = {k: why.get(k, 0) for k in ("without_decimals", "without_price", "dust")}
    return {
        "asset": name,
        "is_listed": True,
        "rows": rows,
        "counting": counting,
        "without_decimals": rest["without_decimals"],
        "without_price": rest["without_price"],
        "dust": rest["dust"],
    }


def normal_night() -> Report:
    names = ("bad_rows", "giant_share", "post_checks", "keys_unique", "reasons_present", "flagged_share")
    return {
        "campaign": {"id": "spring-2026", "name": "Spring drop"},
        "as_of": "2026-04-01T00:00:00+00:00",
        "run_id": "3f0a9c1be55d7720",
        "attempt": 1,
        "status": "published",
        "lake": "/data/lake",
        "page": "/data/lake/reports/spring-2026/20260401T000000Z/3f0a9c1be55d7720.html",
        "sources": [
            source("participation", "participation", 120_431, quarantined=12, after_as_of=4_210),
            source("eth-transactions", "transactions", 18_204_117, quarantined=101, not_a_transfer=9_120_333),
            source("eth-token-transfers", "token_transfers", 22_811_904, duplicates=1_204, unknown_status=18_120),
            source("eth-traces", "traces", 41_200_311, not_a_transfer=38_111_204),
            source("labels", "labels", 30_112, duplicates=40),
        ],
        "quarantine_reasons": {"bad_address": 71, "time_missing": 30, "amount_not_a_number": 12},
        "assets": [asset("native", 3_000, 2_900, dust=100), asset("0xa0", 10, 0, without_price=10)],
        "services": {
            "exchange": {"label": 812, "inferred": 31},
            "bridge": {"label": 44, "inferred": 2},
            "hub": {"label": 0, "inferred": 190},
            "null": {"label": 2, "inferred": 0},
        },
        "links": {"first_gas": 8_123, "direct": 2_911, "disperse": 4_100, "sweep": 1_204, "co_activity": 310},
        "clusters": {
            "num": 611,
            "members": 9_402,
            "largest": 881,
            "largest_share": 0.0441,
            "by_size": [("2-7", 480, 1_402), ("8-31", 98, 1_811), ("32-127", 25, 2_204), ("128 or more", 8, 3_985)],
        },
        "verdicts": {"disqualified": 5_120, "review": 604, "clear": 13_911, "exempt": 12, "not_analysed": 330},
        "gates": [
            {"gate": n, "stage": "outputs", "passed": True, "value": 0.2561, "limit": 0.45, "message": "fine"}
            for n in names
        ],
        "seconds": {"ingest": 81.2, "services": 12.0, "trails": 44.4, "links": 20.1, "clusters": 61.9, "publish": 8.0},
        "warnings": ["2 labels lists are older than 90 days"],
        "next": ["abuse why 0x1f9090aae28b8a3dceadf281b0f12828e676c326 --campaign spring-2026 --lake /data/lake"],
    }


def held_night() -> Report:
    report = normal_night()
    report["status"], report["lake"] = "held", "/data/my lake"
    report["gates"][5] |= {
        "passed": False,
        "value": 0.52,
        "message": "52% of the participants are flagged, at most 45%",
    }
    return report


def shown(report: Report, width: int = 100) -> str:
    out = io.StringIO()
    render(report, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("night", [normal_night(), held_night()], ids=["published", "held"])
def test_a_night_fits_a_screen_and_is_plain_ascii(night: Report, width: int) -> None:
    lines = shown(night, width).splitlines()
    assert len(lines) < 60
    assert max(len(line) for line in lines if not line.startswith("  abuse ")) <= width
    assert "\n".join(lines).isascii()


def test_a_source_that_adds_up_is_not_marked() -> None:
    assert "does not add up" not in shown(normal_night())
    assert " 18,120 rows do not say whether they succeeded" in shown(normal_night())


@pytest.mark.parametrize(("kept", "said"), [(90, "10 rows lost"), (105, "5 rows too many")])
def test_a_source_that_does_not_add_up_is_marked(kept: int, said: str) -> None:
    report = normal_night()
    report["sources"] = [source("chain", "transfers", 100, kept=kept)]
    assert f"! chain does not add up: {said}" in shown(report)


def test_a_held_night_names_the_gate_and_the_command_that_releases_it() -> None:
    page = shown(held_night())
    assert "HELD  run 3f0a9c1be55d7720" in page
    assert "! flagged_share: 52% of the participants are flagged, at most 45%" in page
    assert "abuse release 3f0a9c1be55d7720 --lake '/data/my lake' --reason 'why it is right'" in page
    assert "abuse release" not in shown(normal_night())


def test_contracts_that_are_kept_are_one_line_and_one_that_is_not_stands_for_itself() -> None:
    report = normal_night()
    for name in ("transfers", "decisions", "scores"):
        gate: GateAnswer = {
            "gate": f"contract:{name}",
            "stage": "outputs",
            "passed": True,
            "value": 0.0,
            "limit": 0.0,
            "message": f"rows of {name} keep it",
        }
        report["gates"].append(gate)
    assert "  passed  the contracts of 3 tables" in shown(report)
    assert "contract:" not in shown(report)
    report["gates"][-1] |= {"passed": False, "value": 2.0, "message": "scores: 2 rows break `score.range`"}
    assert "the contracts of 2 tables" in shown(report)
    assert "! contract:scores: scores: 2 rows break `score.range`" in shown(report)


def test_truth_is_shown_where_there_is_one() -> None:
    report = normal_night()
    report["truth"] = {
        "precision": 0.991,
        "recall": None,
        "flagged_precision": 0.97,
        "flagged_recall": 0.93,
        "false_by_kind": {"shared_exchange": 3},
    }
    page = shown(report)
    assert "precision 0.991, recall unknown" in page
    assert "3 shared exchange" in page
    assert "truth" not in shown(normal_night())


def test_an_empty_night_is_shown_too() -> None:
    report = normal_night()
    report |= {"sources": [], "verdicts": {}, "gates": [], "services": {}, "links": {}, "seconds": {}}
    assert "Verdicts" in shown(report)
    assert "no participants" in summary_line(report)


def test_the_summary_is_one_line() -> None:
    assert summary_line(normal_night()) == (
        "spring-2026 as of 2026-04-01 run 3f0a9c1be55d7720 attempt 1: published; 5,120 disqualified, 604 review, "
        "13,911 clear, 12 exempt, 330 not analysed; 611 clusters; 6 of 6 gates passed; 1 warning; 3 min 48 s"
    )


def test_markup_and_control_characters_are_shown_not_obeyed() -> None:
    report = normal_night()
    report["warnings"] = ["[bold red]x[/] :smile: \x1b[31m\u202egnp"]
    assert r"[bold red]x[/] :smile: \x1b[31m\u202egnp" in shown(report)


@given(st.text())
def test_printable_text_is_one_line_without_control(text: str) -> None:
    safe = printable(text)
    assert "".join(safe.split()).isprintable()
    assert len(safe.splitlines()) <= 1
    assert printable(safe) == safe


def test_the_night_of_the_tests_has_the_shape_that_is_declared() -> None:
    assert set(get_type_hints(Report)) - {"truth"} == set(normal_night())


@pytest.mark.parametrize("status", ["published", "held"])
def test_a_night_ends_by_saying_where_to_look_at_it(status: str) -> None:
    """`abuse demo` too: it prints the report of its night."""
    night = SimpleNamespace(
        lake=SimpleNamespace(uri="my lake"), campaign=SimpleNamespace(id="sim"), run=SimpleNamespace(run_id="r1")
    )
    report = normal_night()
    report["next"] = next_commands(cast("Any", night), status)
    assert shown(report).splitlines()[-1].strip() == "abuse review serve --lake 'my lake'"
