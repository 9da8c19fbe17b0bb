"""What every page in the terminal is printed with: whole lines, no markup, hidden characters made visible."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

INDENT = 16
NARROWEST = 60
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """Control and direction characters as visible escapes: text of the lake is attacker-written."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) in HIDDEN else c for c in text)


def meant(name: str) -> tuple[str, ...]:
    """What a person may mean who names an account, the likeliest first. Addresses are stored in lower case, other ids
    as the campaign writes them, and some end in what nobody would type.
    """
    return name, name.lower(), name.strip(), name.strip().lower()


def title(console: Console, text: str, *, shown: bool = True) -> None:
    if shown:
        console.print()
        say(console, text, "bold")


def say(console: Console, text: str, style: str = "") -> None:
    """One line, never cut: what is copied from it must be whole."""
    console.print(Text(printable(text), style), soft_wrap=True)


def listed(
    console: Console, name: str, items: Iterable[str], *, between: str = ", ", indent: int = INDENT, style: str = ""
) -> None:
    """`name  item, item, ...`, breaking between items; nothing when there are none."""
    text = between.join(item.replace(" ", "\xa0") for item in map(printable, items))
    if text:
        start = f"  {printable(name)} ".ljust(indent) if name else " " * indent
        width = max(console.width, NARROWEST)
        block = textwrap.fill(text, width, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False)
        console.print(Text(block.replace("\xa0", " "), style), soft_wrap=True)


def moment(iso: str) -> str:
    """Midnight says nothing, so it goes."""
    return iso.replace("+00:00", "Z").removesuffix("T00:00:00Z").replace("T", " ").replace("Z", " UTC")
