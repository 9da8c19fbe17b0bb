"""Text -> addresses, exact amounts and times, with the reason where it cannot be. The one place each is normalised."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from abuse.settings import NATIVE, Chain

FORMS = {  # what people write for an address, and what tables do not hold -> how it looks
    "form_ton_friendly": r"^[EUk0]Q[A-Za-z0-9_+/-]{46}$",
    "form_formula": r"^=",
    "form_name": r"^[^\s:]+\.[A-Za-z]{2,}$",
    "form_prefix": r"^[A-Za-z0-9-]+:(?:[A-Za-z0-9-]+:)?0[xX][0-9a-fA-F]{40}$",
    "form_no_0x": r"^[0-9a-fA-F]{40}$",
    "form_length": r"^0[xX][0-9a-fA-F]+$",
    "form_digits": r"^\d+$",
}
UINT256_MAX = str(2**256 - 1)
EARLIEST, LATEST = "2009-01-03", "2100-01-01"  # the first block ever; a time beyond these is a unit mistake

SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = 10**11, 10**14, 10**17  # a Unix time this large is in a finer unit
BLANKS = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""Every character that shows nothing: Unicode's blanks and line ends, those without width, and a byte order mark."""
NULL_WORDS = (
    *("none", "nan", "null", "nil", "nat", "na", "n/a", "n.a.", "n/d", "undefined", "not available", "not applicable"),
    *("\\n", "#n/a", "#na", "<na>", "<null>", "<none>", "<nil>", "(null)", "(none)", "[null]", "{}", "[]"),
    *("-", "--", "---", "\u2013", "\u2014", "\u2212", ".", "?", "''", '""'),
)
"""What programs and people write for nothing, in lower case. No id, memo or address of anybody is called so."""
ZERO = r"^(?:0[xX])?0*(?:\.0*)?$"
"""Nothing, where an id is wanted: 0, 0x, a hash or an address of zeros."""
LARGEST = 1e30
"""No price, volume or reward is larger; a hundred million of them still add up exactly in a decimal(38,0)."""
LARGEST_WHOLE = 10**15
"""No block, place, count or gas price is larger; nine thousand of them still add up in 64 bits."""


def chain_of(column: Column, default: str) -> Column:
    """The row's chain, else the source's."""
    return F.coalesce(known(F.lower(column)), F.lit(default))


def trimmed_text(column: Column) -> Column:
    """Without blanks of any kind around it; F.trim takes only one kind, and `$` forgives a line end."""
    return F.btrim(column, F.lit(BLANKS))


def known(column: Column) -> Column:
    """The trimmed text; empty where it says nothing, in whatever word. The one place that decides what says nothing."""
    trimmed = trimmed_text(column)
    return F.when((trimmed != "") & ~F.lower(trimmed).isin(*NULL_WORDS), trimmed)


def known_id(column: Column) -> Column:
    """The same where zero means none: hashes, memos, who signed."""
    found = known(column)
    return F.when(~found.rlike(ZERO), found)


def tx_hash(column: Column, chain: Column, chains: Mapping[str, Chain]) -> Column:
    """The name of a transaction; its case is folded only where the chain's names carry none."""
    return folded(known_id(column), chain, chains)


def folded(text: Column, chain: Column, chains: Mapping[str, Chain]) -> Column:
    """In lower case, unless case carries a meaning on the chain."""
    cased = [name for name, rules in chains.items() if not rules.lower_case]
    return F.when(chain.isin(cased), text).otherwise(F.lower(text)) if cased else F.lower(text)


def address(column: Column, chain: Column, chains: Mapping[str, Chain]) -> Column:
    """The canonical text of an address, empty when it is none of its chain."""
    canonical = folded(known(column), chain, chains)
    by_pattern: dict[str, list[str]] = {}
    for name, rules in chains.items():
        by_pattern.setdefault(rules.pattern, []).append(name)
    fits = F.lit(False)
    for pattern, names in by_pattern.items():
        fits = fits | (chain.isin(names) & canonical.rlike(pattern))
    return F.when(fits, canonical)


def asset(column: Column, chain: Column, chains: Mapping[str, Chain]) -> Column:
    """`native`, also where the coin is written as an address that stands for it, else the token's address."""
    written = F.lower(known(column))
    is_native = written == NATIVE
    for name, rules in chains.items():
        is_native = is_native | ((chain == name) & written.isin(*[text.lower() for text in rules.native_addresses]))
    return F.when(is_native, F.lit(NATIVE)).otherwise(address(column, chain, chains))


def address_reason(raw: Column, canonical: Column, what: str) -> Column:
    """`no_<what>` or `bad_<what>`, empty when the address is good."""
    return F.when(known(raw).isNull(), F.lit(f"no_{what}")).when(canonical.isNull(), F.lit(f"bad_{what}"))


def odd_form(raw: Column, canonical: Column) -> Column:
    """In which other form a bad address is written, where it is one that people use."""
    written = trimmed_text(raw)
    found = F.lit(None).cast("string")
    for code, pattern in reversed(FORMS.items()):
        found = F.when(written.rlike(pattern), F.lit(code)).otherwise(found)
    return F.when(canonical.isNull(), found)


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
        F.when(known(raw).isNull(), F.lit(f"no_{what}"))
        .when(amount.isNotNull(), F.lit(None).cast("string"))
        .when(trimmed.rlike(r"^-\d+(\.\d+)?$"), F.lit(f"{what}_negative"))
        .when(trimmed.rlike(r"^0[xX][0-9a-fA-F]+$"), F.lit(f"{what}_hexadecimal"))
        .when(is_fraction(raw), F.lit(f"{what}_fraction"))
        .when(trimmed.rlike(r"^\d+(\.0*)?$"), F.lit(f"{what}_above_2_256"))
        .otherwise(F.lit(f"{what}_not_numeric"))
    )


def is_fraction(raw: Column) -> Column:
    """Whether an amount is written with a fraction, which no smallest unit has."""
    return F.coalesce(trimmed_text(raw).rlike(r"^\d*\.\d*[1-9]\d*$"), F.lit(False))


def has_no_offset(raw: Column) -> Column:
    """Whether a date and time does not say in which timezone it is."""
    return F.coalesce(trimmed_text(raw).rlike(r"^\d{4}-\d{1,2}-\d{1,2}[ T]\d[\d:.]*$"), F.lit(False))


def moment(raw: Column, zone: str = "") -> Column:
    """A UTC timestamp from Unix seconds, milli- or microseconds, or ISO 8601; empty when it is none.

    `zone`: where a date or time without an offset was written; UTC unless given.
    """
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
    if zone:
        is_local = has_no_offset(raw) | trimmed.rlike(r"^\d{4}-\d{1,2}-\d{1,2}$")
        dated = F.when(is_local, F.to_utc_timestamp(dated, zone)).otherwise(dated)
    parsed = F.when(number.isNotNull(), F.timestamp_micros(micros)).otherwise(dated)
    plausible = (parsed >= F.lit(EARLIEST).cast("timestamp")) & (parsed < F.lit(LATEST).cast("timestamp"))
    return F.when(plausible, parsed)


def moment_reason(raw: Column, parsed: Column, what: str = "time") -> Column:
    return F.when(known_id(raw).isNull(), F.lit(f"no_{what}")).when(parsed.isNull(), F.lit(f"bad_{what}"))


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
    present = known(raw).isNotNull()
    return F.when(present & parsed.isNull(), F.lit(f"{what}_not_numeric")).when(parsed < 0, F.lit(f"{what}_negative"))


def is_unread(raw: Column, parsed: Column) -> Column:
    """Whether an optional figure says something that is no figure: it is unknown then, and its row stays."""
    return known(raw).isNotNull() & (parsed.isNull() | (parsed < 0))


def figure(raw: Column, kind: str) -> Column:
    """An optional number that cannot be negative; empty where it says nothing, or nothing that can be read."""
    found = number(raw, kind)
    return F.when(found >= 0, found)


def exact(raw: Column) -> Column:
    """An optional figure as text with every digit, but for zeros that say nothing; empty where `figure` is."""
    trimmed = trimmed_text(raw)
    plain = F.regexp_extract(trimmed, r"^0*(\d+(?:\.\d+)?)$", 1)
    written = F.when(plain != "", plain).otherwise(whole_amount(raw))
    short = F.regexp_replace(F.regexp_replace(written, r"(\.\d*?)0+$", "$1"), r"\.$", "")
    return F.when(figure(raw, "double").isNotNull(), short)


OK_WORDS = (
    *("1", "1.0", "0x1", "0x01", "true", "t", "yes", "y", "ok", "success", "succeeded", "successful"),
    *("executed", "confirmed", "finalized", "pass", "passed", "mined"),
)
FAILED_WORDS = ("0", "0.0", "0x0", "0x00", "false", "f", "no", "n", "dropped", "cancelled", "canceled")


def status(raw: Column) -> Column:
    """1 for a transaction that succeeded, 0 for one that did not, in any of the usual words; empty when unknown."""
    word = F.lower(trimmed_text(raw))
    is_failure = word.isin(*FAILED_WORDS) | word.rlike(r"^(error|fail|revert|out of gas|bad instruction)")
    return F.when(word.isin(*OK_WORDS), 1).when(is_failure, 0)


PART = r"[\s,._/\[\]\-]+"
"""What parts the numbers of a path, as exporters write it: [0, 1], 0_1, 0.1."""


def in_order(raw: Column) -> Column:
    """A place as text that sorts as its numbers do, whatever their length; nothing is cut, and none is empty."""
    parts = F.filter(F.split(known(raw), PART), lambda part: part != "")
    return F.when(known(raw).isNotNull(), F.array_join(F.transform(parts, _numbered), "."))


def _numbered(part: Column) -> Column:
    """`10` as 02:10, so that it sorts behind 01:2; what is no number sorts behind all that are."""
    whole = F.regexp_extract(part, r"^0*(\d+)$", 1)
    return F.when(whole != "", F.concat(F.lpad(F.length(whole).cast("string"), 2, "0"), F.lit(":"), whole)).otherwise(
        F.concat(F.lit("~"), part)
    )


LOST_DIGITS = r"^\d(?:\.\d+[eE]\+?|[eE]\+)\d{1,3}$"
"""How programs write a number that is too long for them: 4.58E+17."""


def lost_digits(raw: Column) -> Column:
    """Why an id is none: a program took it for a number and kept its first digits, so it may be anybody's."""
    return F.when(trimmed_text(raw).rlike(LOST_DIGITS), F.lit("lost_digits"))


def null_reason(raw: Column, what: str) -> Column:
    return F.when(known(raw).isNull(), F.lit(f"null_{what}"))


def together(parts: list[Column]) -> Column:
    """The parts as one text, to be told apart by; an unknown one keeps its place."""
    return F.concat_ws("|", *[F.coalesce(part, F.lit("")) for part in parts])


def reasons(*each: Column) -> Column:
    """Every reason that applies, in the given order.

    Not array_compact: it is a filter by a lambda, for which Spark compiles nothing that the reasons are made from.
    """
    return F.array_remove(F.array(*[F.coalesce(one, F.lit("")) for one in each]), "")
