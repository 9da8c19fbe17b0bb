"""Source files of any kind as text under our names, and columns that are not there."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
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
from abuse.steps.ingest.formats import RAW, SURPLUS
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
    assert "map it with `columns`" in refused[case]
    assert refused[case].endswith(" in the source actions.")


def test_rows_shorter_than_the_header_are_read_as_empty_and_longer_ones_say_so(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(csv_text([{"account": A, "at": "2026-03-01"}]) + f"{B}\n{A},2026-03-02,x,y\n")
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    assert [(r["account"], r["at"], r[SURPLUS]) for r in rows[:2]] == [(A, "2026-03-01", False), (B, None, False)]
    assert rows[2][SURPLUS]
    assert rows[2][RAW]["_line"] == f"{A},2026-03-02,x,y"


def test_the_name_of_a_folder_is_a_column_where_it_is_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    """A number in it keeps its zeros; a folder that nobody asks for says nothing."""
    for day, chain in (("007", "base"), ("2026-03-02 10%3A00", "polygon")):
        write(tmp_path / f"t/at={day}/chain={chain}/a.parquet", [{"address": A, "account": day[:3]}])
    columns = {"valid_from": "at"}
    below = Source(format="account_addresses", path=str(tmp_path / "t"), columns=columns)
    rows = {(row["account"], row["valid_from"], row["chain"]) for row in raw_rows(spark, below).collect()}
    assert rows == {("007", "007", "base"), ("202", "2026-03-02 10:00", "polygon")}
    path = str(tmp_path / "t/at=*/chain=*/*.parquet")
    by_glob = Source(format="account_addresses", path=path, name="owners", columns=columns)
    assert {(row["valid_from"], row["chain"]) for row in raw_rows(spark, by_glob).collect()} == {
        ("007", None),
        ("2026-03-02 10:00", None),
    }


IDS: dict[str, tuple[Any, str]] = {  # how an account is stored -> its text
    "a double that is whole": (pa.array([458304698.0]), "458304698"),
    "a double that lost digits": (pa.array([458304698827669012.0]), "4.58"),
    "a float that lost digits": (pa.array([458304698.0], pa.float32()), "4.58"),
    "a whole number": (pa.array([458304698827669012]), "458304698827669012"),
    "a decimal": (pa.array([Decimal(458304698827669012)]), "458304698827669012"),
    "an unsigned number": (pa.array([2**64 - 1], pa.uint64()), str(2**64 - 1)),
}


def test_an_id_that_lost_digits_shows_it_and_an_amount_keeps_those_it_has(spark: SparkSession, tmp_path: Path) -> None:
    found = {}
    for n, (name, (ids, _)) in enumerate(IDS.items()):
        pq.write_table(
            pa.table({"account": ids, "at": ["t"], "reward": [458304698827669012.0]}), tmp_path / f"{n}.parquet"
        )
        row = raw_rows(spark, Source(format="participation", path=str(tmp_path / f"{n}.parquet"))).first()
        assert row is not None
        found[name] = row["account"]
        assert row["reward"].isdigit()
        assert float(row["reward"]) == 458304698827669012.0
    assert {name: text.startswith(IDS[name][1]) for name, text in found.items()} == dict.fromkeys(IDS, True)
    assert ["E17" in found["a double that lost digits"], "E8" in found["a float that lost digits"]] == [True, True]


TRANSFER = {"tx_hash": tx(1), "at": "t", "sender": "s", "recipient": "r", "amount_raw": "1"}
CONSTANTS: dict[str, tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = {  # const, columns -> parts of the line
    "a column the file lacks": ({"asset": "native"}, {}, ()),
    "two of them": ({"asset": "native", "kind": "internal"}, {}, ()),
    "none": ({}, {}, ("no column asset", "give it with `const`")),
    "a column the file has": ({"asset": "x", "sender": "x"}, {}, (": const: sender is in the file too",)),
    "a column that is mapped": ({"asset": "x"}, {"asset": "at"}, (": const: asset is in `columns` too",)),
    "no column of ours": ({"asset": "x", "assets": "x"}, {}, (": const: assets is not a column of transfers",)),
}


@pytest.mark.parametrize("case", CONSTANTS)
def test_a_constant_stands_for_a_column_that_the_file_lacks(spark: SparkSession, tmp_path: Path, case: str) -> None:
    const, columns, parts = CONSTANTS[case]
    path = str(write(tmp_path / "a.csv", [TRANSFER, TRANSFER]))
    source = Source(format="transfers", path=path, name="moves", const=const, columns=columns)
    if not parts:
        rows = raw_rows(spark, source).collect()
        assert [[row[name] for row in rows] for name in const] == [[text, text] for text in const.values()]
        return
    with pytest.raises(InputError) as caught:
        raw_rows(spark, source)
    assert [part for part in parts if part not in str(caught.value)] == []


def _parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table({"account": ["0x1"], "at": ["t"]} | columns), path)
    return path


def _half(path: Path) -> Path:
    content = _parquet(path).read_bytes()
    path.write_bytes(content[:-10])
    return path


def _two_types(path: Path) -> Path:
    _parquet(path.with_name("part-1.parquet"), reward=[1])
    _parquet(path.with_name("part-2.parquet"), reward=["1"])
    return path.with_name("part-*.parquet")


def _text(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


BIG = pa.array([Decimal("5.0000000000")], pa.decimal256(76, 38))
UNREADABLE: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {  # the file -> what is said of it, and the fix
    "a BIGNUMERIC": (lambda p: _parquet(p, reward=BIG), ("column reward is BIGNUMERIC", "CAST(reward AS STRING)")),
    "a BIGNUMERIC nobody reads": (lambda p: _parquet(p, fee=BIG), ("column fee is BIGNUMERIC", "CAST(fee AS STRING)")),
    "a time of day": (
        lambda p: _parquet(p, x=pa.array([1], pa.time64("us"))), ("column x is a time of day", "as a timestamp")),
    "a record for a text": (
        lambda p: _parquet(p, reward=pa.array([{"amount": "1"}])), ("column reward is struct<", "a column of its own")),
    "lists of lists for a text": (
        lambda p: _parquet(p, action=pa.array([[["a"]]])), ("column action is array<array<", "a column of its own")),
    "one name but for case": (lambda p: _parquet(p, At=["t"]), ("columns at and At have one name", "Rename one")),
    "two types": (_two_types, ("column reward is int64 in", "string in", "one type")),
    "half a file": (_half, ("breaks off before its end", "whole")),
    "an empty file": (lambda p: _text(p, b""), ("is empty", "Write it again")),
    "text called parquet": (lambda p: _text(p, b"account,at\n1,2\n" * 9), ("is no parquet file", "Name it by what")),
    "a zip called parquet": (lambda p: _text(p, b"PK\x03\x04" * 9), ("is a zip file", "Name it by what it is")),
    "text called gzip": (
        lambda p: _text(p.with_name("a.csv.gz"), b"account,at\n1,2\n"), ("is not packed by gzip", "Name it .csv")),
    "half a gzip": (
        lambda p: _text(p.with_name("a.csv.gz"), gzip.compress(b"account,at\n" + os.urandom(9_000))[:4_000]),
        ("breaks off before its end", "Copy or write it again, whole")),
    "a column twice": (
        lambda p: _text(p.with_name("a.csv"), b"account,at,account\n"), ("columns are called account", "Rename")),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_told_by_its_own_cause(spark: SparkSession, tmp_path: Path, case: str) -> None:
    make, parts = UNREADABLE[case]
    with pytest.raises(InputError) as caught:
        raw_rows(spark, Source(format="participation", path=str(make(tmp_path / "a.parquet")), name="actions"))
    assert [part for part in parts if part not in str(caught.value)] == []
    assert "Export it again" not in str(caught.value)
