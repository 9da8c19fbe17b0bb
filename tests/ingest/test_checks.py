"""The one place where addresses, amounts and times are made canonical. One Spark job for each table of cases."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from abuse.settings import Settings
from abuse.steps.ingest import checks

CHAINS = Settings().chains
EVM = "0x" + "ab12" * 10
SOLANA = "So11111111111111111111111111111111111111112"
TON = "0:" + "ab12" * 16
MAX = 2**256 - 1
NOON_TEXT = "2026-03-01 12:00:00"


def answers(spark: SparkSession, cases: dict[str, tuple[Any, ...]], *columns: Column) -> dict[str, tuple[Any, ...]]:
    """What the columns make of each case's text (and chain), in one job."""
    rows = [(name, case[0], case[1] if len(case) > 1 else None) for name, case in cases.items()]
    frame = spark.createDataFrame(rows, "name string, raw string, chain string")
    return {row[0]: tuple(row[1:]) for row in frame.select("name", *columns).collect()}


NOTHING = [
    *(
        "",
        " ",
        "\u00a0",
        "\u3000\u200b",
        "\ufeff",
        "\u2028",
        "none",
        "None",
        " NONE\u00a0",
        "nan",
        "NaN",
        "<NA>",
        "null",
    ),
    *("NULL", "\\N", "n/a", "N/A", "#N/A", "nil", "NaT", "undefined", "-", "\u2014", "--", "(null)", "N.A.", None),
]
SOMETHING = {
    "0": "0",
    " 104:22 ": "104:22",
    "nano": "nano",
    "Nonetheless": "Nonetheless",
    "-1": "-1",
    "n": "n",
    "NA1": "NA1",
}
ZEROS = ["0", "0x", "0x0", "00", "0.0", "0x" + "0" * 64]


def test_what_says_nothing_is_nothing_in_whatever_word_and_kind_of_blank(spark: SparkSession) -> None:
    """A memo `None` would tie strangers as one customer of an exchange."""
    said = {str(n): (text,) for n, text in enumerate([*NOTHING, *SOMETHING, *ZEROS])}
    found = answers(spark, said, checks.known(F.col("raw")), checks.known_id(F.col("raw")))
    assert [found[str(n)] for n in range(len(NOTHING))] == [(None, None)] * len(NOTHING)
    rest = [found[str(n + len(NOTHING))] for n in range(len(SOMETHING))]
    assert [one[0] for one in rest] == list(SOMETHING.values())
    zeros = [found[str(n + len(NOTHING) + len(SOMETHING))] for n in range(len(ZEROS))]
    assert zeros == [(zero, None) for zero in ZEROS], "zero is a number, and where an id is wanted it is none"


STATUSES = {
    "1": 1, "true": 1, "TRUE": 1, " Success ": 1, "0x1": 1, "1.0": 1, "confirmed": 1, "yes": 1, "t": 1,
    "0": 0, "false": 0, "False": 0, "0x0": 0, "Failed": 0, "reverted": 0, "Error(0)": 0, "fail": 0, "0.0": 0, "f": 0,
    "Reverted: out of gas": 0, "": None, "2": None, "maybe": None, "NaN": None, "pending": None,
}  # fmt: skip


def test_a_status_is_read_in_the_usual_words(spark: SparkSession) -> None:
    """A failed payment that counts as made would tie whom it never reached."""
    found = answers(spark, {word: (word,) for word in STATUSES}, checks.status(F.col("raw")))
    assert {word: status for word, (status,) in found.items()} == STATUSES


PLACES = ["2", "10", "10.0", "100000", "0_2", "0_10", "0_10_1", "[0, 11]", "1,0", "1.2", "99999999999999999999"]


def test_places_sort_as_numbers_whatever_their_length_and_nothing_is_cut(spark: SparkSession) -> None:
    found = answers(spark, {place: (place,) for place in PLACES}, checks.in_order(F.col("raw")))
    in_order = [found[place][0] for place in ("0_2", "0_10", "0_10_1", "[0, 11]", "1,0", "1.2", "2", "10", "100000")]
    assert sorted(in_order) == in_order
    assert len(set(in_order)) == len(in_order)
    assert found["99999999999999999999"] == ("20:99999999999999999999",)


SHORTENED = {
    "4.58E+17": True,
    "4.58305e+17": True,
    "1E+05": True,
    "7.1E12": True,
    "7E3": False,
    "4.58": False,
    "12": False,
}


def test_ids_that_a_program_took_for_numbers_are_told(spark: SparkSession) -> None:
    """4.58E+17 is one name for a million people."""
    found = answers(spark, {text: (text,) for text in SHORTENED}, checks.lost_digits(F.col("raw")))
    assert {text: reason == "lost_digits" for text, (reason,) in found.items()} == SHORTENED


EXACT = {
    "5123456789012345678901": "5123456789012345678901", "0012.50": "12.5", "7.000": "7", " 3 ": "3", "1e3": "1000",
    "0.000000000000000001": "0.000000000000000001", "-1": None, "NaN": None, "0x10": None, "1,000": None, "": None,
}  # fmt: skip


def test_an_optional_figure_keeps_every_digit_or_is_unknown(spark: SparkSession) -> None:
    found = answers(spark, {text: (text,) for text in EXACT}, checks.exact(F.col("raw")))
    assert {text: exact for text, (exact,) in found.items()} == EXACT


LOCAL = {  # as written -> in UTC, read in Singapore
    "2026-03-01 20:00:00": NOON_TEXT, "2026-03-01T20:00:00": NOON_TEXT, "2026-03-01T12:00:00Z": NOON_TEXT,
    "2026-03-01T14:30:00+02:30": NOON_TEXT, "1772366400": NOON_TEXT, "2026-03-02": "2026-03-01 16:00:00",
}  # fmt: skip


def test_a_time_without_an_offset_is_read_where_it_was_written(spark: SparkSession) -> None:
    """Eight hours make two people's acts one evening, or one farm's two days."""
    at = checks.moment(F.col("raw"), "Asia/Singapore")
    text = F.date_format(at, "yyyy-MM-dd HH:mm:ss")
    found = answers(spark, {one: (one,) for one in LOCAL}, text, checks.has_no_offset(F.col("raw")))
    assert {one: row[0] for one, row in found.items()} == LOCAL
    assert [one for one, row in found.items() if row[1]] == ["2026-03-01 20:00:00", "2026-03-01T20:00:00"]


ADDRESSES: dict[str, tuple[str | None, str | None, str | None, str | None]] = {
    # name: text, chain -> address, reason
    "an EVM address": (EVM, "ethereum", EVM, None),
    "upper case carries no meaning on EVM": ("0x" + "AB12" * 10, "base", EVM, None),
    "0X": ("0X" + "AB12" * 10, "polygon", EVM, None),
    "spaces around it": (f"  {EVM} ", "ethereum", EVM, None),
    "a line end after it": (f"{EVM}\n", "ethereum", EVM, None),
    "a tab before it": (f"\t{EVM}", "ethereum", EVM, None),
    "one digit short": (EVM[:-1], "ethereum", None, "bad_sender"),
    "one digit long": (EVM + "0", "ethereum", None, "bad_sender"),
    "no 0x": (EVM[2:], "ethereum", None, "bad_sender"),
    "not hex": ("0x" + "zz12" * 10, "ethereum", None, "bad_sender"),
    "two addresses": (f"{EVM},{EVM}", "ethereum", None, "bad_sender"),
    "a name": ("vitalik.eth", "ethereum", None, "bad_sender"),
    "empty": ("", "ethereum", None, "no_sender"),
    "spaces only": ("   ", "ethereum", None, "no_sender"),
    "absent": (None, "ethereum", None, "no_sender"),
    "case is kept on solana": (SOLANA, "solana", SOLANA, None),
    "spaces around a solana address": (f" {SOLANA}", "solana", SOLANA, None),
    "0, O, I and l are not in base 58": (SOLANA.replace("S", "O"), "solana", None, "bad_sender"),
    "an EVM address is none of solana": (EVM, "solana", None, "bad_sender"),
    "a solana address is none of EVM": (SOLANA, "ethereum", None, "bad_sender"),
    "a ton address": (TON, "ton", TON, None),
    "a ton address in upper case": (TON.upper(), "ton", TON, None),
    "the ton masterchain": (f"-1{TON[1:]}", "ton", f"-1{TON[1:]}", None),
    "ton without workchain": (TON[2:], "ton", None, "bad_sender"),
    "a chain nobody set up": (EVM, "dogecoin", None, "bad_sender"),
    "no chain": (EVM, None, None, "bad_sender"),
}


@pytest.fixture(scope="module")
def addresses(spark: SparkSession) -> dict[str, tuple[Any, ...]]:
    canonical = checks.address(F.col("raw"), F.col("chain"), CHAINS)
    return answers(spark, ADDRESSES, canonical, checks.address_reason(F.col("raw"), canonical, "sender"))


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address_is_canonical_on_its_chain_or_says_why_not(addresses: dict[str, tuple[Any, ...]], case: str) -> None:
    assert addresses[case] == ADDRESSES[case][2:]


NUMERIC, NEGATIVE, ABOVE = "amount_not_numeric", "amount_negative", "amount_above_2_256"
AMOUNTS: dict[str, tuple[str | None, str | None, str | None]] = {
    # name: text -> amount, reason
    "zero": ("0", "0", None),
    "many zeros": ("000", "0", None),
    "leading zeros": ("0042", "42", None),
    "zeros at the end": ("4200", "4200", None),
    "spaces around it": (" 42 ", "42", None),
    "a point and zeros": ("42.000", "42", None),
    "a point and nothing": ("42.", "42", None),
    "the greatest uint256": (str(MAX), str(MAX), None),
    "the greatest uint256 with zeros before it": (f"000{MAX}", str(MAX), None),
    "one more than the greatest": (str(MAX + 1), None, ABOVE),
    "as long as the greatest, and greater": ("9" * 78, None, ABOVE),
    "longer than the greatest": ("1" + "0" * 78, None, ABOVE),
    "one digit shorter than the greatest": ("9" * 77, "9" * 77, None),
    "negative": ("-5", None, NEGATIVE),
    "a negative fraction": ("-0.5", None, NEGATIVE),
    "a fraction": ("1.5", None, "amount_fraction"),
    "a fraction below one": (".5", None, "amount_fraction"),
    "as pandas writes large numbers": ("8.0426E17", "804260000000000000", None),
    "a small exponent": ("1e2", "100", None),
    "a plus in the exponent": ("1E+2", "100", None),
    "an exponent of zero": ("7e0", "7", None),
    "an exponent beyond 38 digits": ("1E40", "1" + "0" * 40, None),
    "an exponent beyond uint256": ("1E99", None, NUMERIC),
    "a fraction in disguise": ("1.5E0", None, NUMERIC),
    "a longer fraction in disguise": ("1.23456E2", None, NUMERIC),
    "a negative exponent": ("5e-1", None, NUMERIC),
    "a plus": ("+5", None, NUMERIC),
    "hex": ("0x10", None, "amount_hexadecimal"),
    "thousands": ("1,000", None, NUMERIC),
    "words": ("ten", None, NUMERIC),
    "a word for nothing": ("NaN", None, "no_amount"),
    "infinite": ("Infinity", None, NUMERIC),
    "two numbers": ("1 2", None, NUMERIC),
    "empty": ("", None, "no_amount"),
    "spaces only": ("  ", None, "no_amount"),
    "absent": (None, None, "no_amount"),
}


@pytest.fixture(scope="module")
def amounts(spark: SparkSession) -> dict[str, tuple[Any, ...]]:
    amount = checks.whole_amount(F.col("raw"))
    random_ones = {str(n): (f"{'0' * (n % 3)}{n}",) for n in exact_numbers()}
    return answers(spark, {**AMOUNTS, **random_ones}, amount, checks.amount_reason(F.col("raw"), amount))


def exact_numbers() -> list[int]:
    """Of every length, above and below every size a machine number has."""
    rng = random.Random(7)
    return [rng.randrange(10**digits) for digits in range(1, 77)] + [
        2**n + d for n in (31, 53, 63, 64, 127) for d in (-1, 1)
    ]


@pytest.mark.parametrize("case", AMOUNTS)
def test_an_amount_is_an_exact_whole_number_or_says_why_not(amounts: dict[str, tuple[Any, ...]], case: str) -> None:
    assert amounts[case] == AMOUNTS[case][1:]


def test_no_digit_of_a_whole_number_is_lost(amounts: dict[str, tuple[Any, ...]]) -> None:
    assert {n: amounts[str(n)] for n in exact_numbers()} == {n: (str(n), None) for n in exact_numbers()}


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS = int(NOON.timestamp())
MOMENTS: dict[str, tuple[str | None, datetime | None, str | None]] = {
    # name: text -> time, reason
    "seconds": (f"{SECONDS}", NOON, None),
    "seconds with a fraction": (f"{SECONDS}.0", NOON, None),
    "half a second": (f"{SECONDS}.5", NOON, None),
    "seconds as pandas writes them": ("1.7723664E9", NOON, None),
    "milliseconds": (f"{SECONDS}000", NOON, None),
    "microseconds": (f"{SECONDS}000000", NOON, None),
    "nanoseconds": (f"{SECONDS}000000000", NOON, None),
    "milliseconds are kept": (f"{SECONDS}007", NOON.replace(microsecond=7000), None),
    "ISO with a Z": ("2026-03-01T12:00:00Z", NOON, None),
    "ISO with an offset": ("2026-03-01T14:30:00+02:30", NOON, None),
    "ISO without a zone is UTC": ("2026-03-01T12:00:00", NOON, None),
    "ISO to the microsecond": ("2026-03-01T12:00:00.000007Z", NOON.replace(microsecond=7), None),
    "as BigQuery writes it": ("2026-03-01 12:00:00 UTC", NOON, None),
    "as BigQuery writes fractions": ("2026-03-01 12:00:00.000007 UTC", NOON.replace(microsecond=7), None),
    "a space for the T": ("2026-03-01 12:00:00", NOON, None),
    "a day": ("2026-03-01", NOON.replace(hour=0), None),
    "spaces around it": ("  2026-03-01T12:00:00Z ", NOON, None),
    "the first block of all": ("2009-01-03T00:00:00Z", datetime(2009, 1, 3, tzinfo=UTC), None),
    "before the first block": ("2009-01-02T23:59:59Z", None, "bad_time"),
    "a year as a number": ("2026", None, "bad_time"),
    "a day as a number": ("20260301", None, "bad_time"),
    "the epoch, which programs write for none": ("0", None, "no_time"),
    "the far future": ("2100-01-01T00:00:00Z", None, "bad_time"),
    "beyond all calendars": ("9" * 18, None, "bad_time"),
    "more digits than a number holds": ("9" * 30, None, "bad_time"),
    "negative": (f"-{SECONDS}", None, "bad_time"),
    "a month that is none": ("2026-13-01T00:00:00Z", None, "bad_time"),
    "a day that is none": ("2026-02-30", None, "bad_time"),
    "day first": ("01/03/2026", None, "bad_time"),
    "a time of no day": ("12:00:00", None, "bad_time"),
    "a time of no day, with a T": ("T12:00", None, "bad_time"),
    "now": ("now", None, "bad_time"),
    "today": ("today", None, "bad_time"),
    "words": ("yesterday noon", None, "bad_time"),
    "a word for nothing": ("NaT", None, "no_time"),
    "empty": ("", None, "no_time"),
    "spaces only": ("  ", None, "no_time"),
    "absent": (None, None, "no_time"),
}


@pytest.fixture(scope="module")
def moments(spark: SparkSession) -> dict[str, tuple[Any, ...]]:
    parsed = checks.moment(F.col("raw"))
    return answers(spark, MOMENTS, F.unix_micros(parsed), checks.moment_reason(F.col("raw"), parsed))


@pytest.mark.parametrize("case", MOMENTS)
def test_a_time_is_a_utc_instant_or_says_why_not(moments: dict[str, tuple[Any, ...]], case: str) -> None:
    micros, reason = moments[case]
    at = MOMENTS[case][1]
    assert (micros, reason) == (at and round(at.timestamp() * 1_000_000), MOMENTS[case][2])


NUMBERS: dict[str, tuple[str | None, float | None, str | None]] = {
    # name: text -> number, reason
    "whole": ("3", 3.0, None),
    "a fraction": (" 3.25 ", 3.25, None),
    "an exponent": ("1.05E7", 10_500_000.0, None),
    "zero": ("0", 0.0, None),
    "absent is fine": (None, None, None),
    "empty is fine": (" ", None, None),
    "negative": ("-3", -3.0, "volume_negative"),
    "words": ("many", None, "volume_not_numeric"),
    "thousands": ("1,000", None, "volume_not_numeric"),
    "a word for nothing is fine": ("NaN", None, None),
    "infinite": ("Infinity", None, "volume_not_numeric"),
    "minus infinite": ("-inf", None, "volume_not_numeric"),
    "beyond a double": ("1E999", None, "volume_not_numeric"),
}


@pytest.fixture(scope="module")
def numbers(spark: SparkSession) -> dict[str, tuple[Any, ...]]:
    found = checks.number(F.col("raw"), "double")
    return answers(spark, NUMBERS, found, checks.number_reason(F.col("raw"), found, "volume"))


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_is_finite_and_not_negative_or_says_why_not(numbers: dict[str, tuple[Any, ...]], case: str) -> None:
    number, reason = numbers[case]
    assert number is None or math.isfinite(number)
    assert (number, reason) == NUMBERS[case][1:]


WHOLE: dict[str, tuple[str | None, int | None, str | None]] = {
    # name: text -> block number, reason
    "whole": ("12", 12, None),
    "as pandas writes it beside an empty one": ("12.0", 12, None),
    "a fraction": ("12.5", None, "block_not_numeric"),
    "beyond a bigint": ("9" * 20, None, "block_not_numeric"),
    "the largest": (str(10**15), 10**15, None),
    "one that would overflow where it is added up": (str(2**63 - 1), None, "block_not_numeric"),
    "the least of all": (str(-(2**63)), None, "block_not_numeric"),
    "hex": ("0xc", None, "block_not_numeric"),
}


@pytest.fixture(scope="module")
def whole(spark: SparkSession) -> dict[str, tuple[Any, ...]]:
    found = checks.number(F.col("raw"), "bigint")
    return answers(spark, WHOLE, found, checks.number_reason(F.col("raw"), found, "block"))


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_number_is_read_as_one_or_says_why_not(whole: dict[str, tuple[Any, ...]], case: str) -> None:
    assert whole[case] == WHOLE[case][1:]


def test_the_chain_of_a_row_outranks_the_one_of_its_source_and_reasons_keep_their_order(spark: SparkSession) -> None:
    cases: dict[str, tuple[Any, ...]] = {"said": ("x", " Base "), "blank": ("", " "), "absent": (None, None)}
    reasons = checks.reasons(
        F.when(F.col("raw").isNull(), "first"), F.when(F.col("chain").isNull(), "second"), F.lit(None).cast("string")
    )
    found = answers(spark, cases, checks.chain_of(F.col("chain"), "polygon"), reasons)
    assert found == {"said": ("base", []), "blank": ("polygon", []), "absent": ("polygon", ["first", "second"])}


HEX = "ab12" * 10
FORMS = {
    "EQBpLWDAI_rZ6OnLtT26LOXLjsHENSiku6Iq1rgDtOX6bt4u": "form_ton_friendly", "alice.eth": "form_name",
    "sub.alice.ETH": "form_name", f"eth:0x{HEX}": "form_prefix", f"eip155:1:0x{HEX}": "form_prefix", HEX: "form_no_0x",
    f"0x{'0' * 24}{HEX}": "form_length", "0x12": "form_length", f'="0x{HEX}"': "form_formula", "458304": "form_digits",
    f"0x{HEX}": None, "alice": None, "": None,
}  # fmt: skip


def test_what_is_odd_in_an_address_is_told(spark: SparkSession) -> None:
    """`bad address` alone sends people looking; each form has its own fix."""
    canonical = checks.address(F.col("raw"), F.lit("ethereum"), CHAINS)
    found = answers(spark, {text: (text,) for text in FORMS}, checks.odd_form(F.col("raw"), canonical))
    assert {text: form for text, (form,) in found.items()} == FORMS
