"""`schemas/` is public and reviewed, so it must say what the code says."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from abuse.contract import Field, Table, contract_files, write_schemas
from abuse.examples import example
from abuse.tables import ALL, Transfers

FOLDER = Path(__file__).parents[2] / "schemas"


def test_the_schemas_folder_holds_exactly_the_contracts() -> None:
    stored = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert stored == contract_files(ALL), "run `poe schemas`"


def test_writing_schemas_removes_a_table_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    (tmp_path / "transfers.json").write_text("stale")
    write_schemas(tmp_path, [Transfers])
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == contract_files([Transfers])


@pytest.mark.parametrize("table", ALL, ids=lambda t: str(t.table_name()))
def test_a_contract_explains_its_rows_and_columns_and_names_its_key(table: type[Table]) -> None:
    contract = json.loads(contract_files([table])[f"{table.table_name()}.json"])
    names = [column["name"] for column in contract["columns"]]
    assert contract["row"]
    assert contract["key"]
    assert set(contract["key"]) <= set(names)
    assert len(names) == len(set(names))
    assert all(column["description"] and column["type"] for column in contract["columns"])


@pytest.mark.parametrize("table", ALL, ids=lambda t: str(t.table_name()))
def test_every_column_has_an_example_that_keeps_its_own_promises(table: type[Table]) -> None:
    for field in table.fields():
        value = example(field.name, field.kind, field.unit, field.allowed)
        plain = datetime.fromisoformat(value) if pa.types.is_timestamp(field.kind) else value
        plain = date.fromisoformat(value) if pa.types.is_date(field.kind) else plain
        if value and pa.types.is_list(field.kind) and "at" in value[0]:
            plain = [item | {"at": datetime.fromisoformat(item["at"])} for item in value]
        assert pa.array([plain], field.kind).null_count == 0, field.name
        assert not field.allowed or value in field.allowed
        assert not field.filled or value
        assert field.low is None or value >= field.low
        assert field.high is None or value <= field.high


def test_bounds_come_with_the_unit_and_a_whole_number_is_never_negative() -> None:
    share, count, score = (
        Field(pa.float64(), "x", unit="0 to 1"),
        Field(pa.int64(), "x"),
        Field(pa.float64(), "x", unit="US dollars"),
    )
    assert [(f.low, f.high) for f in (share, count, score)] == [(0, 1), (0, None), (None, None)]


def test_no_two_tables_share_a_name() -> None:
    assert len(contract_files(ALL)) == len(ALL)
