"""A stage's gates: open on good tables, closed on bad ones with the rows named, closed on a question that crashes."""

from __future__ import annotations

import json
import logging
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from abuse.quality import suites
from abuse.quality.ask import LOOKED_AT, Asked, Stage, ask, lines
from abuse.quality.docs import write_docs
from abuse.quality.gates import Gate, Within, figure_gate
from abuse.quality.measure import FIRST, Rule, Subject, asked_of
from abuse.tables import ClusterMembers, Clusters, Decisions, Participants, Transfers
from tests.conftest import frame

AS_OF = datetime(2026, 4, 8, tzinfo=UTC)
RUN = {"campaign_id": "spring", "as_of": AS_OF, "run_id": "r"}
CLUSTER = RUN | {"cluster_id": "c1", "founder": "a", "size": 3, "num_links": 2, "num_cut": 0, "is_giant": False}
MEMBER = RUN | {"cluster_id": "c1", "role": "leaf", "num_neighbours": 1, "link_kinds": ["direct"], "strength": 1}
MEMBER |= {"num_cut": 0, "is_weak": False}


def clusters(spark: SparkSession, *rows: dict[str, Any]) -> Subject:
    return Subject(Clusters, frame(spark, Clusters, [CLUSTER | row for row in rows]))


def members(spark: SparkSession, *rows: dict[str, Any]) -> Subject:
    return Subject(ClusterMembers, frame(spark, ClusterMembers, [MEMBER | row for row in rows]))


def share(measured: float) -> Gate:
    return figure_gate("largest_cluster_share", "clusters", Within(0, measured, 0.2), 0.2, "the largest cluster")


def asked(
    spark: SparkSession, *subjects: Subject, rules: tuple[Rule, ...] = (), figures: tuple[Gate, ...] = ()
) -> dict[str, Gate]:
    return {g.gate: g for g in _asked(spark, *subjects, rules=rules, figures=figures).gates}


def _asked(
    spark: SparkSession, *subjects: Subject, rules: tuple[Rule, ...] = (), figures: tuple[Gate, ...] = ()
) -> Asked:
    return ask(spark, Stage("clusters", subjects, rules, figures))


def test_good_tables_open_every_gate_and_each_says_how_many_rows_it_saw(spark: SparkSession) -> None:
    none = Rule("in_two_clusters", "accounts in two", spark.range(0))
    found = asked(
        spark,
        clusters(spark, {}),
        members(spark, {"account": "a"}, {"account": "b"}),
        rules=(none,),
        figures=(share(0.1),),
    )
    assert {name: gate.passed for name, gate in found.items()} == {
        "largest_cluster_share": True,
        "contract:clusters": True,
        "contract:cluster_members": True,
        "in_two_clusters": True,
    }
    assert found["contract:cluster_members"].message.startswith("2 rows of cluster_members keep all ")
    assert all(gate.stage == "clusters" and gate.detail is None for gate in found.values())


def test_an_empty_table_keeps_its_contract(spark: SparkSession) -> None:
    (gate,) = asked(spark, members(spark)).values()
    assert gate.passed


def test_bad_rows_close_the_gate_of_their_table_alone_and_are_named_by_key(spark: SparkSession) -> None:
    bad = members(
        spark, {"account": "a"}, {"account": "b", "role": "boss"}, {"account": "c", "strength": -1}, {"account": "c"}
    )
    found = asked(spark, clusters(spark, {}), bad)
    gate = found["contract:cluster_members"]
    assert (found["contract:clusters"].passed, gate.passed, gate.value, gate.limit) == (True, False, 3.0, 0.0)
    assert "1 row breaks `role.allowed` (role is one of: founder, core, leaf)" in gate.message
    assert "1 row breaks `key.unique` (no two rows have one cluster_id, account)" in gate.message
    assert json.loads(gate.detail or "") == [
        {"promise": "key.unique", "cluster_id": "c1", "account": "c", "rows": 2},
        {"promise": "role.allowed", "cluster_id": "c1", "account": "b", "role": "boss"},
        {"promise": "strength.range", "cluster_id": "c1", "account": "c", "strength": -1},
    ]


def test_only_the_first_bad_rows_are_shown_however_many_there_are(spark: SparkSession) -> None:
    rows = spark.range(5000).select(F.format_string("a%05d", "id").alias("account"))
    names = Participants.columns()
    known = {"first_action_at": F.lit(AS_OF), "last_action_at": F.lit(AS_OF), "num_actions": F.lit(1).cast("bigint")}
    known |= {name: F.lit(value) for name, value in RUN.items()} | {"account": F.col("account")}
    whole = rows.select(*[known.get(n, F.lit(None)).cast(Participants.schema()[n].dataType).alias(n) for n in names])
    gate = asked(spark, Subject(Participants, whole))["contract:participants"]
    assert gate.value == 10_000, "both times of 5,000 rows lie at as_of"
    shown = json.loads(gate.detail or "")
    assert len(shown) == 2 * FIRST
    assert [row["account"] for row in shown[:2]] == ["a00000", "a00001"], "in the order of their keys"
    assert len(gate.detail or "") < 10_000


def test_of_many_broken_promises_only_some_are_looked_at_and_all_are_counted(spark: SparkSession) -> None:
    broken = {"num_neighbours": -1, "strength": -1, "num_cut": -1, "role": "x", "link_kinds": None, "is_weak": None}
    gate = asked(spark, members(spark, {"account": "a"} | broken))["contract:cluster_members"]
    assert gate.value == len(broken)
    assert len({row["promise"] for row in json.loads(gate.detail or "")}) == LOOKED_AT < len(broken)


def test_a_rule_closes_its_gate_and_names_the_rows(spark: SparkSession) -> None:
    bad = Rule(
        "in_two_clusters", "accounts in more than one cluster", spark.createDataFrame([("z",)], "account string")
    )
    gate = asked(spark, rules=(bad,))["in_two_clusters"]
    assert (gate.passed, gate.value) == (False, 1.0)
    assert gate.message == "accounts in more than one cluster: 1; none is let pass"
    assert json.loads(gate.detail or "") == [{"promise": "in_two_clusters", "account": "z"}]


def test_a_figure_outside_its_bounds_closes_its_gate(spark: SparkSession) -> None:
    assert [asked(spark, figures=(share(s),))["largest_cluster_share"].passed for s in (0.2, 0.2000001)] == [
        True,
        False,
    ]


def crashing(spark: SparkSession) -> DataFrame:
    """Rows that Spark cannot compute."""
    return spark.range(3).where(F.lit(1) / (F.col("id") - F.col("id")) > 0)  # a column nobody reads is not computed


def test_what_crashes_is_closed_and_says_why_and_the_others_keep_their_answer(spark: SparkSession) -> None:
    lost = Subject(Clusters, spark.createDataFrame([("c1",)], "cluster_id string"))
    bad = Rule("in_two_clusters", "accounts in two", crashing(spark))
    found = asked(spark, lost, members(spark, {"account": "a"}), rules=(bad,), figures=(share(0.1),))
    assert {name: gate.passed for name, gate in found.items()} == {
        "largest_cluster_share": True,
        "contract:clusters": False,
        "contract:cluster_members": True,
        "in_two_clusters": False,
    }
    assert "could not be asked (AnalysisException" in found["contract:clusters"].message
    assert "DIVIDE_BY_ZERO" in found["in_two_clusters"].message


def test_an_expectation_that_crashes_inside_the_suite_is_a_failed_one(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Great Expectations can say of one metric that it raised; the figure it looks for is taken away here."""
    real = suites.suite

    def other(name: str, asked_lines: list[suites.Line]) -> Any:
        moved = [
            suites.Line("nowhere", line.gate, line.says, line.low, line.high) if "role" in line.figure else line
            for line in asked_lines
        ]
        return real(name, moved)

    monkeypatch.setattr(suites, "suite", other)
    found = asked(spark, members(spark, {"account": "a"}), figures=(share(0.1),))
    assert found["largest_cluster_share"].passed
    assert not found["contract:cluster_members"].passed
    assert "could not be asked" in found["contract:cluster_members"].message


def test_a_suite_that_cannot_run_at_all_closes_every_gate(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no library today")

    monkeypatch.setattr(suites, "_validated", broken)
    found = asked(spark, members(spark, {"account": "a"}), figures=(share(0.1),))
    assert not any(gate.passed for gate in found.values())
    assert all("RuntimeError: no library today" in gate.message for gate in found.values())


def test_an_exception_is_found_wherever_the_library_says_it() -> None:
    top = {"raised_exception": True, "exception_message": "at the top", "exception_traceback": ""}
    nested = {"('column.max', '...')": top | {"exception_message": "nested"}}
    fine = {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    assert [suites._raised(info) for info in (top, nested, fine, {})] == ["at the top", "nested", "", ""]


@pytest.mark.parametrize("table", [Clusters, ClusterMembers, Participants, Decisions])
def test_a_suite_has_a_rule_for_each_promise_of_a_contract(spark: SparkSession, table: Any) -> None:
    stage = Stage("outputs", [Subject(table, spark.range(0))], [], [share(0.1)])
    expectations = suites.suite("outputs", lines(stage)).expectations
    said = {e.column: (e.min_value, e.max_value, e.description) for e in expectations}
    assert set(said) == {f"{table.table_name()}·{p.name.replace('.', '·')}" for p in asked_of(table)} | {
        "largest_cluster_share"
    }
    contract = table.contract()
    for column in contract["columns"]:
        name = f"{contract['table']}·{column['name']}·"
        kinds = {figure.removeprefix(name) for figure in said if figure.startswith(name)}
        wanted = {"present": column["required"], "allowed": "allowed" in column, "filled": column.get("filled", False)}
        assert {kind for kind, is_said in wanted.items() if is_said} <= kinds
        assert ("range" in kinds) == ("low" in column)
    assert all(bounds[:2] == (0, 0) for figure, bounds in said.items() if figure != "largest_cluster_share")


def test_keys_of_facts_are_counted_by_ingest_and_not_again() -> None:
    assert "key.unique" not in {p.name for p in asked_of(Transfers)}
    assert "key.unique" in {p.name for p in asked_of(Decisions)}


def test_counts_made_before_are_believed_and_their_rows_still_shown(spark: SparkSession) -> None:
    rows = frame(spark, ClusterMembers, [MEMBER | {"account": "a", "role": "boss"}])
    known = {"rows": 7} | dict.fromkeys((p.name for p in asked_of(ClusterMembers)), 0)
    gate = asked(spark, Subject(ClusterMembers, rows, known))["contract:cluster_members"]
    assert (gate.passed, gate.message[:6]) == (True, "7 rows")
    gate = asked(spark, Subject(ClusterMembers, rows, known | {"role.allowed": 4}))["contract:cluster_members"]
    assert (gate.passed, gate.value) == (False, 4.0)
    assert "boss" in (gate.detail or "")


def test_nothing_is_said_to_the_terminal_or_the_log(
    spark: SparkSession, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        asked(spark, members(spark, {"account": "a", "role": "boss"}), figures=(share(0.1),))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert [r for r in caplog.records if r.name.startswith("great_expectations")] == []


def test_nobody_outside_this_machine_is_asked_or_told(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outside(_: object, address: tuple[Any, ...]) -> None:
        if not str(address[0]).startswith(("127.", "localhost", "::1", "/")):
            raise AssertionError(f"a connection to {address}")
        connect(_, address)

    connect: Any = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", outside)
    found = _asked(spark, members(spark, {"account": "a", "role": "boss"}), figures=(share(0.1),))
    write_docs(tmp_path / "docs", [found.validation])
    assert [gate.passed for gate in found.gates] == [True, False], "it ran"


def test_the_suite_can_be_read_as_pages(spark: SparkSession, tmp_path: Path) -> None:
    found = _asked(spark, members(spark, {"account": "a", "role": "boss"}), figures=(share(0.1234),))
    stored = json.loads(json.dumps(found.validation))
    page = write_docs(tmp_path / "docs", [stored])
    assert page.is_file()
    pages = "".join(path.read_text() for path in (tmp_path / "docs").rglob("*.html"))
    assert "role is one of: founder, core, leaf" in pages
    assert "0.1234" in pages, "what was measured"
