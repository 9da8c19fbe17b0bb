"""The page a run leaves: whole, the same every time, and nothing in it that runs or is fetched."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from abuse.cli import main
from abuse.errors import LakeError
from abuse.lake.publication import Run, runs
from abuse.operate.draw import bars
from abuse.operate.draw.axes import count_ticks
from abuse.operate.night_page.kept import address, keep, kept, made_again
from abuse.operate.night_page.page import page, policy
from abuse.operate.night_page.told import told
from abuse.tables import Clusters, Scores, Services, VerdictChanges
from tests.console.lakes import MEMBERS, REPORT, Rows, farm, public_rows, publish
from tests.lake.test_publication import NIGHT

EVIL = "\"'><script src=//x.test/a.js></script><img src=x onerror=alert(1)>]]></style>\x1b[2J\u202e"
GATES: list[dict[str, Any]] = [
    {"gate": "flagged_share", "stage": "outputs", "passed": False, "value": 0.9, "limit": 0.45, "message": "too many"},
    {"gate": "contract:decisions", "stage": "outputs", "passed": True, "value": 0.0, "limit": 0.0, "message": "kept"},
]
WHOLE = REPORT | {
    "services": {"exchange": {"label": 1, "inferred": 0}},
    "sources": [{"source": "eth", "rows_in": 30, "kept": 28, "quarantined": 1}],
    "reviews": 3,
}


class Read(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def made(lake: Path, run_id: str = "run1") -> Read:
    return Read(made_again(str(lake), run_id)[1].decode())


def row(lake: Path, run_id: str = "run1") -> Run:
    return next(run for run in runs(str(lake)) if run.run_id == run_id)


def held(lake: Path, **more: Any) -> None:
    """A night that a gate holds: its tables are in work alone."""
    rows = public_rows()
    work: Rows = {Clusters: rows[Clusters], Scores: rows[Scores], Services: rows[Services]}
    took = dict.fromkeys(("ingest", "services", "clusters", "score"), 1.0)
    report = WHOLE | {"gates": GATES, "seconds": took}
    publish(lake, work=work, run_id="run2", status="held", minutes=1, report=report, **more)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two nights, compared."""
    publish(tmp_path, public_rows("clear"), report=WHOLE | {"verdicts": {"clear": 11, "review": 1}}, run_id="run0")
    change = {"account": MEMBERS[0], "before": "clear", "after": "disqualified", "before_as_of": NIGHT}
    change |= {"why": ["money_link: Money ties it to the group."]}
    later = NIGHT + timedelta(days=1)
    publish(tmp_path, public_rows() | {VerdictChanges: [change]}, as_of=later, minutes=1, report=WHOLE)
    return tmp_path


def test_it_tells_all_of_a_night(lake: Path) -> None:
    said = made(lake).said
    for words in (
        "Spring drop", "Night of 2026-04-02", "run1", "Verdicts on 12 accounts", "disqualified 9 75.0% 0 +9",
        "83.0% of the accounts are flagged: within the campaign's band, 0.0% to 45.0%", "Compared with 2026-04-01",
        "Money ties it to the group.", "1 cluster with 10 accounts", "8: smaller ones are left alone",
        "score 0.5: looked at", "lower bound 0.5: may be out", "Some Exchange", "Gates: 1 of 1 passed",
        "1 row lost", "1 bad address", "ingest 3.2 s", "2 lists are older than 90 days", "campaign-abuse 0.3.0",
        "policy.min_evidence_kinds 2", "table decisions", "Model m", "Reviews it knows 3",
    ):  # fmt: skip
        assert words in said, words


def test_every_axis_has_its_name_and_unit(lake: Path) -> None:
    said = made(lake).said
    for words in (
        "night (as of, UTC)", "share of accounts", "members of a cluster (accounts, logarithmic)",
        "clusters (logarithmic)", "score of a cluster (probability that it is a farm)",
    ):  # fmt: skip
        assert words in said, words
    text = made_again(str(lake), "run1")[1].decode()
    for chart in re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL):
        assert chart.count('class="axis"') == 2
        assert "aria-label" in chart


def test_made_twice_it_is_the_same_to_the_byte(lake: Path) -> None:
    once = page(told(str(lake), row(lake)))
    assert page(told(str(lake), row(lake))) == once
    publish(lake, as_of=NIGHT + timedelta(days=5), run_id="run9", minutes=90)
    assert page(told(str(lake), row(lake))) == once, "what came later is not its"


def test_a_lake_that_was_moved_gives_the_same_page(tmp_path: Path) -> None:
    publish(tmp_path / "old", report=WHOLE | {"lake": "/data/lake"})
    once = made_again(str(tmp_path / "old"), "run1")[1]
    (tmp_path / "old").rename(tmp_path / "new")
    assert made_again(str(tmp_path / "new"), "run1")[1] == once


def test_what_attackers_write_is_text(tmp_path: Path) -> None:
    rows = public_rows()
    rows[Services][0] |= {"name": EVIL, "why": EVIL, "address": EVIL}
    rows[VerdictChanges] = [
        {"account": EVIL, "before": None, "after": "disqualified", "why": [f"money_link: {EVIL}"]}
        | {"before_as_of": NIGHT - timedelta(days=1)}
    ]
    report = WHOLE | {
        "campaign": {"name": EVIL},
        "warnings": [EVIL],
        "quarantine_reasons": {EVIL: 1},
        "links": {EVIL: 1},
    }
    report |= {"gates": [GATES[0] | {"gate": EVIL, "message": EVIL}], "sources": [{"source": EVIL, "note": EVIL}]}
    publish(tmp_path, public_rows("clear"), as_of=NIGHT - timedelta(days=1), run_id="run0", minutes=-1)
    publish(tmp_path, rows, report=report, reason=EVIL)
    read = made(tmp_path)
    assert read.said.count("<script src=//x.test/a.js></script>") > 8
    assert {"script", "img", "link", "iframe", "object", "form", "a"}.isdisjoint(read.tags)
    assert {"style", "src", "href", "onerror"}.isdisjoint(read.names)
    assert read.tags.count("style") == 1
    text = made_again(str(tmp_path), "run1")[1].decode()
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_its_own_style_is_all_that_it_may_use(lake: Path) -> None:
    text = made_again(str(lake), "run1")[1]
    assert policy(text).startswith("default-src 'none'; style-src 'sha256-")
    assert policy(text).replace("'", "'") in text.decode().replace("&#39;", "'")
    assert "url(" not in text.decode()
    assert "http" not in text.decode().replace("http-equiv", "")


def test_a_held_run_says_why_and_what_to_do(tmp_path: Path) -> None:
    publish(tmp_path, report=WHOLE)
    held(tmp_path, as_of=NIGHT + timedelta(days=1))
    said = made(tmp_path, "run2").said
    for words in (
        "Held: nothing public was changed", "flagged_share too many", "release if they are right",
        "abuse release run2 --lake", "Nothing was published, so nothing is compared.", "1 cluster with 10 accounts",
        "and the contracts of 1 table are kept", "outside the campaign's band",
    ):  # fmt: skip
        assert words in said, words


def test_a_run_whose_rows_are_gone_is_read_as_it_was_left(tmp_path: Path) -> None:
    held(tmp_path)
    keep(str(tmp_path), row(tmp_path, "run2"))
    left = kept(str(tmp_path), row(tmp_path, "run2"))
    publish(tmp_path, work={Clusters: []}, run_id="run3", status="failed", minutes=2, report=WHOLE | {"clusters": {}})
    with pytest.raises(LakeError, match="0 of its 1 clusters"):
        told(str(tmp_path), row(tmp_path, "run2"))
    assert made_again(str(tmp_path), "run2")[1] == left
    assert "did not come as far as clusters" in made(tmp_path, "run3").said


def test_a_first_night_and_one_without_clusters(tmp_path: Path) -> None:
    nothing = {"num": 0, "members": 0, "largest": 0, "largest_share": 0.0, "by_size": []}
    publish(tmp_path, {}, report=WHOLE | {"clusters": nothing, "verdicts": {"clear": 2}, "services": {}, "gates": []})
    said = made(tmp_path).said
    for words in (
        "No earlier night is published", "No two participants are tied", "None is known.", "None was asked.",
    ):  # fmt: skip
        assert words in said, words
    assert "nan" not in said


def test_what_an_earlier_attempt_left_in_work_is_not_this_one_s(tmp_path: Path) -> None:
    work: Rows = {Clusters: public_rows()[Clusters]}
    report = WHOLE | {"clusters": {}, "seconds": {"ingest": 1.0}}
    publish(tmp_path, work=work, status="failed", report=report, reason="links: MemoryError")
    assert "did not come as far as clusters" in made(tmp_path).said


def test_a_run_that_failed_early(tmp_path: Path) -> None:
    report = {"campaign": {"name": "Spring drop"}, "sources": [], "seconds": {}}
    publish(tmp_path, status="failed", report=report, reason="links: MemoryError")
    said = made(tmp_path).said
    assert "links: MemoryError" in said
    assert "did not come as far as verdicts" in said


def test_a_page_that_cannot_be_made_is_one_line_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, report=WHOLE | {"clusters": {"num": 7}})
    with caplog.at_level(logging.WARNING):
        keep(str(tmp_path), row(tmp_path))
    (line,) = caplog.records
    assert line.getMessage().startswith(
        "The report of run run1 was not written: LakeError: run run1: 1 of its 7 clusters"
    )
    assert "\n" not in line.getMessage()
    assert kept(str(tmp_path), row(tmp_path)) is None


@pytest.fixture
def command(lake: Path) -> Iterator[Any]:
    yield lambda *words: CliRunner().invoke(main, ["report", *words, "--lake", str(lake)])


def test_the_command_makes_it_again_or_copies_it_out(command: Any, lake: Path, tmp_path: Path) -> None:
    done = command("run1")
    assert done.exit_code == 0, done.output
    place = address(str(lake), "drop", NIGHT + timedelta(days=1), "run1")
    assert done.output.startswith(f"{place}: run run1 of drop, published")
    assert Path(place).read_bytes() == made_again(str(lake), "run1")[1]
    copy = tmp_path / "sub" / "copy.html"
    assert command("run1", "--out", str(copy)).exit_code == 0
    assert copy.read_bytes() == Path(place).read_bytes()
    assert command("run7").exit_code == 1
    assert "run run7: is unknown" in command("run7").output


@pytest.mark.parametrize(("most", "wanted"), [(1, [0, 1]), (7, [0, 2, 4, 6, 8]), (60, [0, 20, 40, 60]), (0, [0, 1])])
def test_counts_have_round_ticks(most: int, wanted: list[int]) -> None:
    assert count_ticks(most) == wanted


def test_each_cluster_is_in_one_bar() -> None:
    drawn = bars.sizes({2: 5, 3: 1, 8: 2, 15: 1, 881: 1}, {"8: so": 8, "too far": 100_000})
    assert drawn is not None
    assert [bar.said for bar in drawn.bars] == [
        "6 clusters of 2 to 3 members",
        "3 clusters of 8 to 15 members",
        "1 cluster of 512 to 1,023 members",
    ]
    assert all(bar.height > 0 for bar in drawn.bars)
    assert [mark.said for mark in drawn.marks] == ["8: so"]
    rows = [bars.Scored(score, score / 2, n % 2 == 0) for n, score in enumerate((0.0, 0.499, 0.5, 1.0))]
    scored = bars.scores(rows, {"half": 0.5})
    assert scored is not None
    assert len(scored.bars) == 4
    assert bars.sizes({}, {}) is bars.scores([], {}) is None
    assert farm()["size"] == 10
