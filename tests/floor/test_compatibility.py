"""A change that breaks a reader must be said by a new version, or the suite fails."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abuse.compatibility import breaking, faults, release, released
from abuse.contract import Check, Field, Table
from abuse.errors import ContractError
from abuse.tables import ALL, RETIRED

FOLDER = Path(__file__).parents[2] / "schemas" / "released"
OLD: dict[str, Any] = {
    "table": "verdicts",
    "version": 1,
    "promised": True,
    "row": "one",
    "place": "public",
    "key": ["account"],
    "columns": [
        {"name": "account", "type": "string", "required": True, "description": "who", "example": "a"},
        {"name": "verdict", "type": "string", "required": True, "description": "x", "allowed": ["in", "out"]},
        {
            "name": "score",
            "type": "double",
            "required": False,
            "description": "y",
            "unit": "probability",
            "low": 0,
            "high": 1,
        },
        {"name": "reasons", "type": "list<item: string>", "required": True, "description": "z", "filled": True},
    ],
    "checks": [{"name": "ordered", "holds": "a < b", "says": "a is before b"}],
}


def changed(column: str | None = None, **to: Any) -> dict[str, Any]:
    """OLD with something of one column, or of the table, set; None takes it away."""
    new = copy.deepcopy(OLD)
    target = new if column is None else next(c for c in new["columns"] if c["name"] == column)
    target.update(to)
    for name in [name for name, value in to.items() if value is None]:
        del target[name]
    return new


def with_columns(*columns: dict[str, Any], without: str = "") -> dict[str, Any]:
    return OLD | {"columns": [*(c for c in OLD["columns"] if c["name"] != without), *columns]}


def column(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "type": "string", "required": required, "description": "new"}


BREAKING = {
    "a table that is gone": (None, "the table is gone"),
    "another place": (changed(place="work"), "place was public and is work"),
    "a longer key": (changed(key=["account", "chain"]), "key was"),
    "another key": (changed(key=["chain"]), "key was"),
    "promised no more": (changed(promised=False), "promised no more"),
    "a column that is gone": (with_columns(without="score"), "score is gone or renamed"),
    "a column renamed": (with_columns(column("points", required=False), without="score"), "score is gone or renamed"),
    "another type": (changed("score", type="float"), "score was of type double and is of float"),
    "another unit": (changed("score", unit="percent"), "score was of unit probability and is of percent"),
    "no unit": (changed("score", unit=None), "score was of unit probability"),
    "nothing where something was": (changed("account", required=False), "account may be empty now"),
    "an empty list": (changed("reasons", filled=None), "reasons may be an empty list now"),
    "a new word": (changed("verdict", allowed=["in", "out", "perhaps"]), "verdict may now be perhaps"),
    "any word": (changed("verdict", allowed=None), "verdict may now be anything"),
    "a lower bound": (changed("score", low=-1), "score was 0 or more and may be less"),
    "no lower bound": (changed("score", low=None), "score was 0 or more and may be less"),
    "a higher bound": (changed("score", high=2), "score was 1 or less and may be more"),
    "no upper bound": (changed("score", high=None), "score was 1 or less and may be more"),
    "a new column that old rows cannot have": (with_columns(column("note", required=True)), "note is new and required"),
    "a check that is gone": (changed(checks=[]), "check ordered is gone"),
    "a check that says less": (
        changed(checks=[OLD["checks"][0] | {"holds": "true"}]),
        "check ordered is gone or other",
    ),
}
HARMLESS = {
    "nothing": OLD,
    "a column that may be empty": with_columns(column("note", required=False)),
    "never empty any more": changed("score", required=True),
    "fewer words": changed("verdict", allowed=["out"]),
    "words where any were": changed("account", allowed=["a", "b"]),
    "tighter bounds": changed("score", low=0.1, high=0.9),
    "bounds where none were": changed("account", low=1),
    "other words of a description": changed("score", description="said better", example=0.5),
    "another order": OLD | {"columns": OLD["columns"][::-1]},
    "one more check": changed(checks=[*OLD["checks"], {"name": "more", "holds": "c", "says": "c"}]),
    "a check in other words": changed(checks=[OLD["checks"][0] | {"says": "b comes after a"}]),
    "promised from now on": changed(promised=True),
}


@pytest.mark.parametrize(("new", "said"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_a_reader_is_named(new: dict[str, Any] | None, said: str) -> None:
    (only,) = breaking(OLD, new)
    assert said in only


@pytest.mark.parametrize("new", HARMLESS.values(), ids=HARMLESS)
def test_what_breaks_nobody_is_let_pass(new: dict[str, Any]) -> None:
    assert breaking(OLD, new) == []


a_column = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "double"]), "required": st.booleans()},
    optional={
        "unit": st.sampled_from(["s", "h"]),
        "allowed": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
        "low": st.integers(0, 2),
        "high": st.integers(3, 5),
        "filled": st.just(True),
    },
)


def a_contract(columns: dict[str, dict[str, Any]]) -> dict[str, Any]:
    told = [{"name": name, "description": "", **said} for name, said in columns.items()]
    return OLD | {"columns": told, "checks": []}


contracts = st.dictionaries(st.sampled_from("klmn"), a_column, min_size=1).map(a_contract)


def keeps(contract: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a row is one that this contract lets be: what a reader of it is written for."""
    for said in contract["columns"]:
        if said["name"] not in row:
            return False
        kind, unit, value = row[said["name"]]
        if kind != said["type"] or unit != said.get("unit") or (value is None and said["required"]):
            return False
        if value is not None and (
            value["word"] not in said.get("allowed", "abcd") or (said.get("filled") and not value["items"])
        ):
            return False
        if value is not None and not said.get("low", -9) <= value["number"] <= said.get("high", 9):
            return False
    return True


@given(contracts, contracts, st.data())
def test_a_reader_of_the_old_contract_can_read_every_row_of_a_new_one_that_breaks_nothing(
    old: dict[str, Any], new: dict[str, Any], data: st.DataObject
) -> None:
    value = st.fixed_dictionaries(
        {"word": st.sampled_from("abcd"), "number": st.integers(-9, 9), "items": st.integers(0, 1)}
    )
    row = {c["name"]: (c["type"], c.get("unit"), data.draw(st.none() | value)) for c in new["columns"]}
    if keeps(new, row) and not breaking(old, new):
        assert keeps(old, row)


@given(contracts, contracts, contracts)
def test_what_breaks_nobody_step_by_step_breaks_nobody_in_one(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    if not breaking(a, b) and not breaking(b, c):
        assert [what for what in breaking(a, c) if "is new and required" not in what] == []


def test_no_released_contract_is_broken_without_a_new_version() -> None:
    assert faults(FOLDER, ALL, RETIRED) == []


def test_every_promised_table_has_been_released_or_is_new() -> None:
    promised = {t.table_name() for t in ALL if t.is_promised}
    assert set(released(FOLDER)) - set(RETIRED) <= promised
    assert {t.place for t in ALL if not t.is_promised} == {"work"}, "others read the public tables and the ledgers"


class Verdicts(Table):
    """A verdict."""

    key = ("account",)
    place = "public"
    is_promised = True
    checks: ClassVar[tuple[Check, ...]] = (Check("one", "account <> ''", "it has a name"),)
    account = Field(pa.string(), "who", required=True)
    score = Field(pa.float64(), "how sure", unit="probability")


def renamed(version: int, *, gone: bool = False) -> type[Table]:
    """The same table whose score has another name, or as it was."""
    fields: dict[str, Any] = {} if gone else {"points": Field(pa.float64(), "how sure", unit="probability")}
    made = {"key": Verdicts.key, "place": "public", "is_promised": True, "checks": Verdicts.checks, "version": version}
    made |= {"account": Field(pa.string(), "who", required=True), "__doc__": "A verdict."}
    return type("Verdicts", (Table,), made | fields)


def test_a_breaking_change_needs_the_next_version_and_only_a_breaking_one_does(tmp_path: Path) -> None:
    release(tmp_path, [Verdicts])
    assert faults(tmp_path, [Verdicts]) == []
    assert faults(tmp_path, [renamed(1)]) == ["verdicts: score is gone or renamed; give it version 2"]
    assert faults(tmp_path, [renamed(2)]) == []
    assert faults(tmp_path, [renamed(3)]) == ["verdicts: version 3 does not follow 1"]
    same = type("Verdicts", (Verdicts,), {"version": 2, "__doc__": "A verdict."})
    assert faults(tmp_path, [same]) == ["verdicts: version 2 alarms readers, and nothing breaks"]
    assert faults(tmp_path, []) == ["verdicts: the table is gone; name it in tables.RETIRED"]
    assert faults(tmp_path, [], ["verdicts"]) == []


def test_a_release_never_rewrites_a_promise(tmp_path: Path) -> None:
    release(tmp_path, [Verdicts])
    before = (tmp_path / "verdicts.v1.json").read_text()
    with pytest.raises(ContractError, match="score is gone or renamed; give it version 2"):
        release(tmp_path, [renamed(1)])
    release(tmp_path, [renamed(2)])
    assert (tmp_path / "verdicts.v1.json").read_text() == before, "what was promised then stays written"
    assert json.loads((tmp_path / "verdicts.v2.json").read_text())["version"] == 2
    assert faults(tmp_path, [Verdicts]) != [], "there is no way back to an older version"


def test_a_file_that_names_no_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdicts.json").write_text("{}")
    with pytest.raises(ContractError, match=r"<table>\.v<version>\.json"):
        released(tmp_path)
