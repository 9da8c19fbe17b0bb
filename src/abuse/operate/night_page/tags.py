"""HTML as a tree: text is only ever text, so nothing that others wrote can become markup."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from abuse.operate.page import printable

Inside = Element | str | int | None
Row = list[Inside | list[Inside]]
"""Of a table: what is in each of its cells."""


def tag(name: str, *inside: Inside | Iterable[Inside], **attributes: str | float) -> Element:
    """`tag("td", "1", class_="num")`; an underscore in an attribute's name is a hyphen."""
    named = {key.rstrip("_").replace("_", "-"): printable(str(value)) for key, value in attributes.items()}
    made = Element(name, named)
    for one in inside:
        for part in [one] if isinstance(one, Element | str | int) else one or ():
            _put(made, part)
    return made


def _put(into: Element, part: Inside) -> None:
    if isinstance(part, Element):
        into.append(part)
    elif part is not None:
        text = f"{part:,}" if isinstance(part, int) else printable(part)
        if len(into):
            into[-1].tail = (into[-1].tail or "") + text
        else:
            into.text = (into.text or "") + text


def table(heads: Iterable[str], rows: Iterable[Row]) -> Element:
    """A head that begins with `#` is of numbers, which stand at the right."""
    columns = list(heads)
    kinds = [{"class_": "num"} if head.startswith("#") else {} for head in columns]
    head = [tag("th", name.lstrip("#"), scope="col", **kind) for name, kind in zip(columns, kinds, strict=True)]
    body = [tag("tr", [tag("td", cell, **kind) for cell, kind in zip(row, kinds, strict=True)]) for row in rows]
    return tag("div", tag("table", tag("thead", tag("tr", head)), tag("tbody", body)), class_="scroll")


def html(tree: Element) -> str:
    return "<!doctype html>\n" + tostring(tree, encoding="unicode", method="html") + "\n"
