"""CSV rows as people's programs write them: read as they are meant, or said to be shifted."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from abuse.campaign import Source
from abuse.lake.files import raw_rows
from abuse.steps.ingest.formats import RAW, SURPLUS
from tests.ingest.written import A

HEADER = "account,at,action,reward\n"
ROWS: dict[str, tuple[str, tuple[str | None, ...] | None]] = {  # a line -> at, action, reward; None where it is shifted
    "whole": (f"{A},2026-03-01,swap,5", ("2026-03-01", "swap", "5")),
    "whole, a quoted comma": (f'{A},2026-03-02,"a, b",5', ("2026-03-02", "a, b", "5")),
    "whole, a doubled quote": (f'{A},2026-03-03,"a ""b"", c",5', ("2026-03-03", 'a "b", c', "5")),
    "whole, a zero byte": (f"{A},2026-03-14,a\x00b,5", ("2026-03-14", "a\x00b", "5")),
    "whole, a quoted line break": (f'{A},2026-03-04,"a\nb",5', ("2026-03-04", "a\nb", "5")),
    "shorter": (f"{A},2026-03-05", ("2026-03-05", None, None)),
    "shorter, a quoted comma": (f'{A},2026-03-06,"a,b,c,d"', ("2026-03-06", "a,b,c,d", None)),
    "empty fields": (f"{A},2026-03-07,,", ("2026-03-07", None, None)),
    "a number taken apart": (f"{A},2026-03-08,swap,1,234.50", None),
    "the same, and empty fields": (f"{A},2026-03-09,1,234.50,", None),
    "the same, and only empty fields beyond": (f"{A},2026-03-10,1,,", None),
    "longer, all beyond is empty": (f"{A},2026-03-11,swap,5,,,", None),
    "longer, a quoted line break beyond": (f'{A},2026-03-12,swap,5,"x\ny"', None),
    "an odd quote, so one field more": (f'{A},2026-03-13,"a"b,c",5', None),
}


def test_a_row_with_more_fields_than_the_header_says_so_and_no_other_does(spark: SparkSession, tmp_path: Path) -> None:
    """A field that is not quoted as it should be shifts those behind it: what stands there is somebody else's."""
    (tmp_path / "a.csv").write_text(HEADER + "\n".join(line for line, _ in ROWS.values()) + "\n")
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    found = {
        name: None if row[SURPLUS] else (row["at"], row["action"], row["reward"])
        for name, row in zip(ROWS, rows, strict=True)
    }
    assert found == {name: wanted for name, (_, wanted) in ROWS.items()}
    lines = {name: row[RAW]["_line"] for name, row in zip(ROWS, rows, strict=True)}
    assert lines == {name: line if ROWS[name][1] is None else None for name, (line, _) in ROWS.items()}


def test_quotes_kept_by_backslashes_are_read_and_swallow_no_row(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f'{A},2026-03-01,"15\\" screen",1', f'{A},2026-03-02,"15\\"",2', f"{A},2026-03-03,x,3"]
    lines += [f'{A},2026-03-04,"a \\"b\\", c",4', f'{A},2026-03-05,"C:\\\\",5', f'{A},2026-03-06,"a \\"b\\"",1,234']
    (tmp_path / "a.csv").write_text(HEADER + "\n".join(lines) + "\n")
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    found = [(row["at"][-1], row["action"], row["reward"]) for row in rows if not row[SURPLUS]]
    assert found == [
        ("1", '15" screen', "1"),
        ("2", '15"', "2"),
        ("3", "x", "3"),
        ("4", 'a "b", c', "4"),
        ("5", "C:\\", "5"),
    ]
    assert [row["at"][-1] for row in rows if row[SURPLUS]] == ["6"]


def test_a_file_whose_rows_all_end_with_a_comma_is_read(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f"{A},2026-03-01,swap,5,", f"{A},2026-03-02,swap,,", f"{A},2026-03-03,swap,1,234,", f"{A},2026-03-04"]
    (tmp_path / "a.csv").write_text(HEADER + "\n".join(lines * 50) + "\n")
    (tmp_path / "b.csv").write_text(HEADER + "\n".join([lines[0], lines[1]] * 100 + [lines[2], lines[3]]) + "\n")
    rows = raw_rows(spark, Source(format="participation", path=str(tmp_path / "b.csv"))).collect()
    assert {(row["at"][-1], row["reward"], row[SURPLUS]) for row in rows if not row[SURPLUS]} == {
        ("1", "5", False),
        ("2", None, False),
        ("4", None, False),
    }
    assert [row["at"][-1] for row in rows if row[SURPLUS]] == ["3"]
    mixed = raw_rows(spark, Source(format="participation", path=str(tmp_path / "a.csv"))).collect()
    assert {row["at"][-1] for row in mixed if row[SURPLUS]} == {"1", "2", "3"}, "commas that only some rows end with"


ALIKE: dict[str, bytes] = {  # two rows, however they are written
    "Windows line ends": b"account,at,action\r\n0x1,2026-03-01,a\r\n0x2,2026-03-02,\r\n",
    "blank lines": b"\naccount,at,action\n\n0x1,2026-03-01,a\n\n\n0x2,2026-03-02,\n\n",
    "no last line end": b"account,at,action\n0x1,2026-03-01,a\n0x2,2026-03-02,",
    "all quoted": b'"account","at","action"\n"0x1","2026-03-01","a"\n"0x2","2026-03-02",""\n',
    "a byte order mark": b"\xef\xbb\xbfaccount,at,action\n0x1,2026-03-01,a\n0x2,2026-03-02,\n",
    "another column with odd names": b'x`y.z,"a,\nb",account,at,action\n,,0x1,2026-03-01,a\n,,0x2,2026-03-02,\n',
    "columns of one name that nobody reads": b"x,X,x,account,at,action\n,,,0x1,2026-03-01,a\n,,,0x2,2026-03-02,\n",
}
ODD_NAMES = ("a.csv", "week {1} [2] 100%20é.csv")


def test_the_same_rows_are_the_same_however_they_are_written_and_the_files_are_called(
    spark: SparkSession, tmp_path: Path
) -> None:
    found = {}
    for n, (name, content) in enumerate(ALIKE.items()):
        path = tmp_path / str(n) / ODD_NAMES[n % 2]
        path.parent.mkdir()
        path.write_bytes(content)
        rows = raw_rows(spark, Source(format="participation", path=str(path), name="actions")).collect()
        found[name] = [(row["account"], row["at"], row["action"]) for row in rows if not row[SURPLUS]]
    wanted = [("0x1", "2026-03-01", "a"), ("0x2", "2026-03-02", None)]
    assert {name: rows for name, rows in found.items() if rows != wanted} == {}
