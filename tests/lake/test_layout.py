"""How a CSV is written is found out before Spark reads it: what it would misread is read right, or refused by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from abuse.campaign import Source
from abuse.errors import InputError
from abuse.lake import layout as layouts
from abuse.lake.layout import BACKSLASH, DOUBLED, layout

BOM = b"\xef\xbb\xbf"


def found(folder: Path, *contents: bytes, ending: str = ".csv") -> layouts.Layout:
    paths = []
    for n, content in enumerate(contents):
        path = folder / f"part-{n}{ending}"
        path.write_bytes(gzip.compress(content) if ending == ".csv.gz" else content)
        paths.append(str(path))
    return layout(Source(format="participation", path=f"{folder}/*{ending}", name="actions"), paths)


HEADERS: dict[str, tuple[bytes, tuple[str, ...]]] = {  # content -> names
    "plain": (b"a,b\n1,2\n", ("a", "b")),
    "with a byte order mark and Windows line ends": (BOM + b"a,b\r\n1,2\r\n", ("a", "b")),
    "quoted, with a comma, a line break and a quote": (
        b'"a, in \nthe file","say ""b""",c\n', ("a, in \nthe file", 'say "b"', "c")),
    "behind blank lines": (b"\r\n\r\na,b\n", ("a", "b")),
    "without names": (b",a,\n0,1,2\n", ("_c0", "a", "_c2")),
    "two of one name": (b"a,b,a\n", ("a", "b", "a")),
    "with odd separators in names": (b"a;b,c|d,e\n", ("a;b", "c|d", "e")),
    "nothing": (b"", ()),
}  # fmt: skip


@pytest.mark.parametrize(("content", "names"), HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_header_is_read_as_it_is_written(tmp_path: Path, content: bytes, names: tuple[str, ...], ending: str) -> None:
    assert found(tmp_path, content, ending=ending).names == names


QUOTES: dict[str, tuple[list[bytes], str]] = {  # files -> how their quotes are kept
    "no quotes": ([b"a,b\n1,2\n"], DOUBLED),
    "doubled": ([b'a,b\n"say ""hi""",2\n'], DOUBLED),
    "a backslash in the midst": ([b'a,b\n"say \\"hi\\", twice",2\n'], BACKSLASH),
    "a backslash at the end alone": ([b'a,b\n"15\\"",2\n"16\\"",3\n'], BACKSLASH),
    "text that ends with a backslash": ([b'a,b\n"C:\\dir\\",2\n"D:\\",3\n'], DOUBLED),
    "JSON with quotes, doubled": ([b'a,b\n"{""k"": ""\\""v\\""""}",2\n'], DOUBLED),
    "JSON kept by backslashes": ([b'a,b\n"{\\"k\\": \\"\\"}",2\n'], BACKSLASH),
    "an empty field": ([b'a,b\n"",2\n,""\n'], DOUBLED),
    "doubled, and a backslash somewhere": ([b'a,b\n"say ""hi""",2\nsay \\"x,3\n'], DOUBLED),
    "two files, one without quotes": ([b"a,b\n1,2\n", b'a,b\n"x \\"y\\" z",2\n'], BACKSLASH),
}


@pytest.mark.parametrize(("contents", "escape"), QUOTES.values(), ids=QUOTES)
def test_what_keeps_a_quote_inside_its_field_is_found_out(tmp_path: Path, contents: list[bytes], escape: str) -> None:
    assert found(tmp_path, *contents).escape == escape


def test_an_unusual_way_of_writing_is_told(tmp_path: Path) -> None:
    told = found(tmp_path, b'a,b\n"x \\"y\\" z",2,\n').habits()
    assert [("backslashes" in said, "comma" in said) for said in told] == [(True, False), (False, True)]
    assert found(tmp_path, b'a,b\n"x ""y"" z",2\n').habits() == []


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
@pytest.mark.parametrize("shift", range(4))
def test_a_quote_far_behind_the_first_rows_counts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, shift: int
) -> None:
    """Or one token's name, late in a file, swallows the rows behind it."""
    monkeypatch.setattr(layouts, "CHUNK", 1_000)
    rows = b"1,2\n" * 1_000 + b"1" * shift
    assert found(tmp_path, b"a,b\n" + rows + b',2\n"x \\"y\\"",2\n', ending=ending).escape == BACKSLASH


EMPTY: dict[str, tuple[bytes, int]] = {  # content -> empty fields behind every row
    "none": (b"a,b\n1,2\n", 0),
    "one in every row": (b"a,b\n1,2,\n3,4,\n", 1),
    "two in every row": (b"a,b\n1,2,,\n3,,,\n", 2),
    "in some rows": (b"a,b\n1,2,\n3,4\n", 0),
    "in the header too": (b"a,b,\n1,2,\n", 0),
    "a field more, filled": (b"a,b\n1,2,\n3,4,5\n", 0),
    "a number taken apart, and an empty column": (b"a,amount,memo\nx,1,234.50,\ny,12,000,\n", 0),
    "a decimal comma, and an empty column": (b"a,amount,memo\nx,1,25,\ny,12,50,\n", 0),
    "only a header": (b"a,b\n", 0),
}


@pytest.mark.parametrize(("content", "num"), EMPTY.values(), ids=EMPTY)
def test_rows_that_all_end_with_a_comma_are_whole_and_others_are_not(tmp_path: Path, content: bytes, num: int) -> None:
    assert found(tmp_path, content).num_empty == num


REFUSED: dict[str, tuple[list[bytes], tuple[str, ...]]] = {  # files -> parts of the line
    "semicolons": ([BOM + b"address;time;amount\n0x1;2026-03-01;1.234,56\n"], ("separated by ';', not by commas",)),
    "semicolons, and a comma in a name": ([b"address;amount, USD;time;x\n"], ("separated by ';'",)),
    "tabs": ([b"account\tat\n"], ("separated by tabs", "Write the file with commas")),
    "bars": ([b"account|at\n"], ("separated by '|'",)),
    "other columns": ([b"a,b\n", b"b,a\n"], ("other columns in", "Make two sources")),
    "two ways of quoting": (
        [b'a\n"x ""y"" z"\n', b'a\n"x \\"y\\" z"\n'], ("kept by a backslash in", "Make two sources")),
    "UTF-16": (["account,at\n".encode("utf-16")], ("text in UTF-16", "Save it in UTF-8")),
    "a spreadsheet": ([b"PK\x03\x04..."], ("a zip file, as Excel writes them", "Save it as CSV")),
    "parquet": ([b"PAR1..."], ("a parquet file", "Name it .parquet")),
    "gzip": ([gzip.compress(b"a,b\n")], ("packed by gzip", "Name it .csv.gz")),
    "no text": ([b"\x00\x01\x02"], ("is no text",)),
    "UTF-16 that does not say so": (["account,at\n".encode("utf-16-le")], ("is no text",)),
}  # fmt: skip


@pytest.mark.parametrize(("contents", "parts"), REFUSED.values(), ids=REFUSED)
def test_what_is_written_otherwise_is_refused_with_its_own_fix(
    tmp_path: Path, contents: list[bytes], parts: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        found(tmp_path, *contents)
    assert str(caught.value).startswith("source actions: ")
    assert [part for part in parts if part not in str(caught.value)] == []
