"""Why rows are in quarantine -> what was found and what to do, for that very cause."""

from __future__ import annotations

from collections.abc import Mapping

from abuse.plurals import counted
from abuse.settings import Settings

NO_REASON = "no reason is known"
LOOK = "Look at these rows in the file."
FORMS = (
    "Write addresses as the chain does (0x and 40 digits in hexadecimal, say); ids of accounts need a source of format "
)
FORMS += "account_addresses that says whose address is whose."
ELSEWHERE = "Correct the file, or map the column that holds it with `columns`."
WHOLE = "Write whole numbers, without separators, units or signs."


def _addresses(what: str, words: str) -> dict[str, tuple[str, str]]:
    return {
        f"no_{what}": (f"{words} is missing", ELSEWHERE),
        f"bad_{what}": (f"{words} is no address of its chain", FORMS),
    }


def _numbers(what: str, words: str) -> dict[str, tuple[str, str]]:
    return {
        f"{what}_not_numeric": (f"{words} is no number, or none that is possible", WHOLE),
        f"{what}_negative": (f"{words} is negative", WHOLE),
    }


CAUSES: dict[str, tuple[str, str]] = {
    **_addresses("address", "the address"),
    **_addresses("sender", "the sender"),
    **_addresses("recipient", "the recipient"),
    "bad_initiator": _addresses("initiator", "who signed")["bad_initiator"],
    "form_ton_friendly": (
        "the address is in TON's user-friendly form (EQ..., UQ...)",
        "Write it in the raw form, 0: and 64 digits in hexadecimal: both forms name one wallet, and no other is read.",
    ),
    "form_formula": ("a spreadsheet's formula stands where an address is wanted", "Export values, not formulas."),
    "form_name": ("a name such as alice.eth stands where an address is wanted", "Write the address it stands for."),
    "form_prefix": ("the address has the chain in front of it (eth:0x...)", "Write the address alone."),
    "form_no_0x": ("the address lacks its 0x", "Write 0x in front of the 40 digits."),
    "form_length": (
        "the address has not 40 digits behind 0x",
        "Export it whole; 64 digits are a padded address or a hash.",
    ),
    "form_digits": (
        "a number stands where an address is wanted",
        "Ids are no addresses: give a source of format account_addresses that says whose address is whose.",
    ),
    "no_asset": (
        "the asset is missing",
        'Map it with `columns`, or give it as a constant: `const = { asset = "native" }`.',
    ),
    "bad_asset": (
        "the asset is no token's address",
        "Write `native` for the coin itself, else the address of the token.",
    ),
    "null_account": ("no account is named", ELSEWHERE),
    "null_tx_hash": ("the transaction is not named", ELSEWHERE),
    "no_hash": ("the transaction is not named", "Give `transaction_hash`, or the transactions of the same blocks."),
    "null_log_index": ("the place in the log is missing", ELSEWHERE),
    "null_decimals": ("the token's decimals are missing", ELSEWHERE),
    "null_block_number": ("the block is not named", ELSEWHERE),
    "null_label": ("the label is missing", ELSEWHERE),
    "lost_digits": (
        "the id has lost digits (4.58E+17): a program took it for a number",
        "Export the column as text; a spreadsheet must not have touched it.",
    ),
    "unknown_chain": (
        "the chain is called by a word that is not known",
        'Say what their words mean: `values = { chain = { theirs = "ours" } }`; ours are '
        + ", ".join(Settings().chains)
        + ", and those of your settings.",
    ),
    "unknown_kind": (
        "the kind of movement is called by a word that is not known",
        'Say what their words mean: `values = { kind = { theirs = "token" } }`; ours are native, internal and token.',
    ),
    "no_time": (
        "the time is missing",
        "Map it with `columns`; of ethereum_etl, give `block_timestamp`, or a source of blocks.",
    ),
    "bad_time": (
        "the time cannot be read, or lies before 2009 or after 2100",
        "Write it as 2026-03-01T12:00:00Z, or as seconds since 1970.",
    ),
    "bad_interval": (
        "the address is said to end being the account's before it began",
        "See which of `valid_from` and `valid_to` is which.",
    ),
    "no_amount": ("the amount is missing", ELSEWHERE),
    "amount_negative": (
        "the amount is negative",
        "Write it without a sign: sender and recipient say which way it went.",
    ),
    "amount_hexadecimal": ("the amount is written in hexadecimal", "Write amounts in decimal digits."),
    "amount_fraction": (
        "the amount has a fraction, so it is in coins",
        "Write it in the smallest unit, such as wei: multiply it by 10^decimals.",
    ),
    "amount_above_2_256": (
        "the amount is larger than any chain can hold",
        "See what was exported there; it is no amount.",
    ),
    "amount_not_numeric": ("the amount is no whole number", WHOLE),
    **_numbers("block_number", "the block number"),
    **_numbers("tx_index", "the place in the block"),
    **_numbers("log_index", "the place in the log"),
    **_numbers("decimals", "the number of decimals"),
    **_numbers("num_transfers", "the number of transfers"),
    "surplus_fields": (
        "the row has more fields than the header, so what stands where is not sure",
        "Put quotes around texts with commas (1,234.50 needs them), and double a quote inside quotes.",
    ),
    "conflict": (
        "rows say different things of one place",
        "See which of the exports is right; where two are of different things, leave `position` out.",
    ),
}
"""Reason code -> what was found, and what to do about it."""


def cause(reasons: Mapping[str, int]) -> tuple[str, str]:
    """The most frequent reason in words with its count, and its own fix; of reasons as frequent, one that says in which
    form a text is, else the first by name.
    """
    if not reasons:
        return NO_REASON, LOOK
    reason = min(reasons, key=lambda name: (-reasons[name], not name.startswith("form_"), name))
    found, fix = CAUSES.get(reason, (reason.replace("_", " "), LOOK))
    return f"{found} (`{reason}`, {counted(reasons[reason], 'row')})", fix


def told(reasons: Mapping[str, int]) -> str:
    """The same as sentences."""
    return ". ".join(cause(reasons))
