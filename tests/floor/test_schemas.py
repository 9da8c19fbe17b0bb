"""`schemas/` is public and reviewed, so it must say what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abuse.contract import Table, contract_files, write_schemas
from abuse.tables import ALL, Transfers

FOLDER = Path(__file__).parents[2] / "schemas"


def test_the_schemas_folder_holds_exactly_the_contracts() -> None:
    stored = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
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


def test_no_two_tables_share_a_name() -> None:
    assert len(contract_files(ALL)) == len(ALL)
