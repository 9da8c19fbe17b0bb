"""Source files of any kind as text under our names, and columns that are not there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake.files import raw_rows
from abuse.steps.ingest import participation
from abuse.steps.ingest.formats import RAW
from tests.ingest.written import (
    CHAINS,
    NOON,
    A,
    B,
    Row,
    csv_text,
    tx,
    utc,
    write,
)

STORED: dict[str, tuple[Row, dict[str, str | None]]] = {  # a parquet row -> the text a CSV would hold
    "a double": ({"amount_raw": 8.0426e17}, {"amount_raw": "804260000000000000"}),
    "a double with a fraction": ({"amount_raw": 0.5}, {"amount_raw": "0.5"}),
    "a double beyond 38 digits": ({"amount_raw": 1e40}, {"amount_raw": "1.0E40"}),
    "a whole number": ({"amount_raw": 2**62}, {"amount_raw": str(2**62)}),
    "a decimal": ({"amount_raw": Decimal("1000.000")}, {"amount_raw": "1000.000"}),
    "bytes": ({"sender": bytes.fromhex("AB" * 20)}, {"sender": "0x" + "ab" * 20}),
    "a time": ({"at": NOON}, {"at": "2026-03-01 12:00:00"}),
    "a time without zone": ({"at": NOON.replace(tzinfo=None)}, {"at": "2026-03-01 12:00:00"}),
    "a day": ({"at": date(2026, 3, 1)}, {"at": "2026-03-01"}),
    "nothing": ({"at": "x", "memo": None}, {"at": "x", "memo": None}),
    "a list": ({"memo": [0, 12]}, {"memo": "0,12"}),
}


def test_whatever_type_a_parquet_file_stores_is_read_as_the_text_a_csv_would_hold(
    spark: SparkSession, tmp_path: Path
) -> None:
    whole = {"tx_hash": tx(1), "at": "t", "sender": "s", "recipient": "r", "asset": "a", "amount_raw": "1"}
    frames = []
    for name, (row, _) in STORED.items():
        path = write(tmp_path / f"{name.replace(' ', '_')}.parquet", [{**whole, **row}])
        frames.append(raw_rows(spark, Source(format="transfers", path=str(path))).drop(RAW))
    found = [rows.first() for rows in frames]
    texts = {name: {c: row[c] for c in STORED[name][0]} for name, row in zip(STORED, found, strict=True) if row}
    assert texts == {name: wanted for name, (_, wanted) in STORED.items()}


@pytest.mark.parametrize("kind", ["nanoseconds", "doubles"])
def test_times_as_pandas_stores_them_are_read(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    at: Any = pa.array([NOON], pa.timestamp("ns", "UTC")) if kind == "nanoseconds" else [NOON.timestamp() + 0.5]
    pq.write_table(pa.table({"account": [A], "at": at}), tmp_path / "a.parquet")
    raw = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.parquet")))
    row = participation.participation(raw, "c", "base", CHAINS, is_address=True).first()
    assert row is not None
    assert str(utc(row["at"]))[:19] == "2026-03-01 12:00:00"


def test_a_csv_is_read_whatever_its_quotes_line_ends_and_byte_order_mark(spark: SparkSession, tmp_path: Path) -> None:
    text = f'account,at,action\r\n{A},2026-03-01,"say ""hi"", twice"\r\n\r\n"{B}","2026-03-01",\r\n'
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    assert [(r["account"], r["at"], r["action"]) for r in rows] == [
        (A, "2026-03-01", 'say "hi", twice'),
        (B, "2026-03-01", None),
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_line_break_in_quotes_begins_no_row(spark: SparkSession, tmp_path: Path, name: str) -> None:
    """Or whoever writes a memo writes the next row too."""
    forged = f"x\n{B},2026-03-02,forged\r\n{B},2026-03-03,"
    rows = [{"account": A, "at": "2026-03-01", "action": forged}, {"account": B, "at": "2026-03-05", "action": "swap"}]
    found = raw_rows(spark, Source(format="participation", path=str(write(tmp_path / name, rows)))).collect()
    assert [(r["account"], r["at"]) for r in found] == [(A, "2026-03-01"), (B, "2026-03-05")]


def test_a_column_that_only_some_parquet_files_have_is_read_where_it_is(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "part-0.parquet", [{"account": A, "at": "2026-03-01"}])
    write(tmp_path / "part-1.parquet", [{"account": B, "at": "2026-03-02", "tx_hash": "0xb"}])
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "part-*.parquet"))).collect()
    assert {(r["account"], r["tx_hash"]) for r in rows} == {(A, None), (B, "0xb")}


def test_a_glob_whose_files_order_their_columns_otherwise_is_read_by_name_or_refused(
    spark: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "part-0.csv", [{"account": A, "at": "2026-03-01"}])
    write(tmp_path / "part-1.csv", [{"at": "2026-03-02", "account": B}])
    try:
        rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "part-*.csv")))
    except InputError:
        return
    assert {(r["account"], r["at"]) for r in rows.collect()} == {(A, "2026-03-01"), (B, "2026-03-02")}


COLUMNS: dict[str, tuple[str, dict[str, str], tuple[str, str]]] = {  # header, columns -> where, what was found
    "misspelt": ("acount,at", {}, (": ", "no column account (acount looks close); it has acount, at")),
    "in capitals": ("Account,at", {}, (": ", "no column account (Account looks close); it has Account, at")),
    "missing": ("at,who", {}, (": ", "no column account; it has at, who")),
    "mapped to a column that is not there": (
        "wallet,at", {"account": "walet"}, (": ", "no column walet (wallet looks close); it has wallet, at")),
    "an optional one mapped to a column that is not there": (
        "account,at", {"reward": "points"}, (": ", "no column points; it has account, at")),
    "a mapping of a column that is none of ours": (
        "wallet,at", {"acount": "wallet"}, (": columns: ", "acount is not a column of participation")),
    "an empty file": ("", {}, (": ", "no column account")),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder, said = tmp_path_factory.mktemp("columns"), {}
    for n, (name, (header, columns, _)) in enumerate(COLUMNS.items()):
        (folder / f"a{n}.csv").write_text(f"{header}\n" if header else "")
        source = Source(format="participation", path=str(folder / f"a{n}.csv"), name="actions", columns=columns)
        with pytest.raises(InputError) as caught:
            raw_rows(spark, source)
        said[name] = str(caught.value)
    return said


@pytest.mark.parametrize("case", COLUMNS)
def test_a_wrong_column_is_one_line_that_names_what_the_file_has(refused: dict[str, str], case: str) -> None:
    where, found = COLUMNS[case][2]
    assert refused[case].startswith(f"source actions{where}{found}")
    assert refused[case].endswith("Correct the file, or map it with `columns` in the source actions.")


def test_rows_shorter_than_the_header_are_read_as_empty_and_longer_ones_do_not_shift(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(csv_text([{"account": A, "at": "2026-03-01"}]) + f"{B}\n{A},2026-03-02,x,y\n")
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    assert [(r["account"], r["at"]) for r in rows] == [(A, "2026-03-01"), (B, None), (A, "2026-03-02")]
