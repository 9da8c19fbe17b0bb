"""Text -> addresses, exact amounts and times, with the reason where it cannot be. The one place each is normalised."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse.settings import Chain

UINT256_MAX = str(2**256 - 1)
EARLIEST, LATEST = "2009-01-03", "2100-01-01"  # the first block ever; a time beyond these is a unit mistake

SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = 10**11, 10**14, 10**17  # a Unix time this large is in a finer unit
BLANKS = " \t\r\n"
LARGEST = 1e24
"""No price, volume or reward is larger; a hundred million of them still add up exactly in a decimal(38,6)."""
LARGEST_WHOLE = 10**15
"""No block, place, count or gas price is larger; nine thousand of them still add up in 64 bits."""


def chain_of(column: Column, default: str) -> Column:
    """The row's chain, else the source's."""
    return F.coalesce(blank_as_null(F.lower(F.trim(column))), F.lit(default))


def trimmed_text(column: Column) -> Column:
    """Without blanks, tabs and line ends around it; F.trim takes only blanks, and `$` forgives a line end."""
    return F.btrim(column, F.lit(BLANKS))


def blank_as_null(column: Column) -> Column:
    trimmed = trimmed_text(column)
    return F.when(trimmed != "", trimmed)


def address(column: Column, chain: Column, chains: Mapping[str, Chain]) -> Column:
    """The canonical text of an address, empty when it is none of its chain."""
    cased = [name for name, rules in chains.items() if not rules.lower_case]
    trimmed = blank_as_null(column)
    canonical = F.when(chain.isin(cased), trimmed).otherwise(F.lower(trimmed)) if cased else F.lower(trimmed)
    by_pattern: dict[str, list[str]] = {}
    for name, rules in chains.items():
        by_pattern.setdefault(rules.pattern, []).append(name)
    fits = F.lit(False)
    for pattern, names in by_pattern.items():
        fits = fits | (chain.isin(names) & canonical.rlike(pattern))
    return F.when(fits, canonical)


def address_reason(raw: Column, canonical: Column, what: str) -> Column:
    """`no_<what>` or `bad_<what>`, empty when the address is good."""
    return F.when(blank_as_null(raw).isNull(), F.lit(f"no_{what}")).when(canonical.isNull(), F.lit(f"bad_{what}"))


def whole_amount(raw: Column) -> Column:
    """An exact non-negative whole number as text without leading zeros, below 2^256; empty when it is not one."""
    trimmed = trimmed_text(raw)
    scientific = r"^0*(\d+)(?:\.(\d*?)0*)?[eE]\+?0*(\d{1,2})$"
    before, behind, exponent = (F.regexp_extract(trimmed, scientific, n) for n in (1, 2, 3))
    zeros = exponent.try_cast("int") - F.length(behind)
    written_out = F.when(zeros >= 0, F.concat(before, behind, F.repeat(F.lit("0"), zeros))).otherwise("")
    digits = F.when(exponent != "", written_out).otherwise(F.regexp_extract(trimmed, r"^(\d+)(\.0*)?$", 1))
    plain = F.regexp_extract(digits, r"^0*(\d+)$", 1)
    in_range = (F.length(plain) < len(UINT256_MAX)) | (
        (F.length(plain) == len(UINT256_MAX)) & (plain <= F.lit(UINT256_MAX))
    )
    return F.when((plain != "") & in_range, plain)


def amount_reason(raw: Column, amount: Column, what: str = "amount") -> Column:
    """Why a raw amount is none: missing, negative, not a whole number, above 2^256."""
    trimmed = trimmed_text(raw)
    return (
        F.when(blank_as_null(raw).isNull(), F.lit(f"no_{what}"))
        .when(amount.isNotNull(), F.lit(None).cast("string"))
        .when(trimmed.rlike(r"^-\d+(\.\d+)?$"), F.lit(f"{what}_negative"))
        .when(trimmed.rlike(r"^\d+(\.0*)?$"), F.lit(f"{what}_above_2_256"))
        .otherwise(F.lit(f"{what}_not_numeric"))
    )


def moment(raw: Column) -> Column:
    """A UTC timestamp from Unix seconds, milli- or microseconds, or ISO 8601; empty when it is none."""
    trimmed = trimmed_text(raw)
    digits = F.regexp_extract(trimmed, r"^(\d{1,19})(\.\d*)?$", 1)
    written = F.when(trimmed.rlike(r"^\d(\.\d+)?[eE]\+?\d{1,2}$"), trimmed.try_cast("decimal(38,6)").try_cast("bigint"))
    number = F.coalesce(F.when(digits != "", digits.try_cast("bigint")), written)
    micros = (
        F.when(number < SECONDS_BELOW, number * 1_000_000)
        .when(number < MILLIS_BELOW, number * 1_000)
        .when(number < MICROS_BELOW, number)
        .otherwise(F.call_function("div", number, F.lit(1_000)))
    )
    dated = F.when(trimmed.rlike(r"^\d{4}-"), F.try_to_timestamp(trimmed))  # a time of day alone would mean today's
    parsed = F.when(number.isNotNull(), F.timestamp_micros(micros)).otherwise(dated)
    plausible = (parsed >= F.lit(EARLIEST).cast("timestamp")) & (parsed < F.lit(LATEST).cast("timestamp"))
    return F.when(plausible, parsed)


def moment_reason(raw: Column, parsed: Column, what: str = "time") -> Column:
    return F.when(blank_as_null(raw).isNull(), F.lit(f"no_{what}")).when(parsed.isNull(), F.lit(f"bad_{what}"))


def number(raw: Column, kind: str) -> Column:
    """A finite number as Spark type `kind`, empty when it is none."""
    trimmed = trimmed_text(raw)
    if kind != "double":
        whole = F.regexp_replace(trimmed, r"\.0*$", "").try_cast(kind)
        return F.when(whole.between(-LARGEST_WHOLE, LARGEST_WHOLE), whole) if kind == "bigint" else whole
    found = trimmed.try_cast(kind)
    return F.when(F.abs(found) < LARGEST, found)


def number_reason(raw: Column, parsed: Column, what: str) -> Column:
    """Present but not a number, or negative; an absent one is fine."""
    present = blank_as_null(raw).isNotNull()
    return F.when(present & parsed.isNull(), F.lit(f"{what}_not_numeric")).when(parsed < 0, F.lit(f"{what}_negative"))


def null_reason(raw: Column, what: str) -> Column:
    return F.when(blank_as_null(raw).isNull(), F.lit(f"null_{what}"))


def reasons(*each: Column) -> Column:
    """Every reason that applies, in the given order.

    Not array_compact: it is a filter by a lambda, for which Spark compiles nothing that the reasons are made from.
    """
    return F.array_remove(F.array(*[F.coalesce(one, F.lit("")) for one in each]), "")
