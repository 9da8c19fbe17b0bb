"""Two contracts of a table -> what would break for a reader of the older one; and the contracts of earlier releases.

`schemas/released/<table>.v<version>.json` is what readers were promised. It changes only by what breaks nobody; all
else needs a new version, and so a new file beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from abuse.contract import Table
from abuse.errors import ContractError

Contract = dict[str, Any]
FILE = re.compile(r"(?P<table>\w+)\.v(?P<version>\d+)\.json")


def breaking(old: Contract, new: Contract | None) -> list[str]:
    """What a reader of `old` may rely on and `new` does not keep, each as a sentence; empty when it keeps all."""
    if new is None:
        return ["the table is gone"]
    found = [
        f"{name} was {old.get(name)} and is {new.get(name)}"
        for name in ("table", "place", "key")
        if old.get(name) != new.get(name)
    ]
    if old.get("promised", True) and not new.get("promised", True):
        found.append("it is promised no more")
    before = {column["name"]: column for column in old["columns"]}
    after = {column["name"]: column for column in new["columns"]}
    for name, column in before.items():
        found += [f"{name} {what}" for what in _of_column(column, after.get(name))]
    found += [f"{name} is new and required: rows of before have none" for name in after if _is_new(name, before, after)]
    kept = {(check["name"], check["holds"]) for check in new.get("checks", [])}
    found += [
        f"check {c['name']} is gone or other" for c in old.get("checks", []) if (c["name"], c["holds"]) not in kept
    ]
    return found


def _is_new(name: str, before: dict[str, Contract], after: dict[str, Contract]) -> bool:
    return name not in before and bool(after[name]["required"])


def _of_column(old: Contract, new: Contract | None) -> Iterator[str]:
    """What a reader of this column loses. Descriptions, examples and the order of columns are no promise."""
    if new is None:
        yield "is gone or renamed"
        return
    for name in ("type", "unit"):
        if old.get(name) != new.get(name):
            yield f"was of {name} {old.get(name)} and is of {new.get(name)}"
    for name, loss in (("required", "may be empty now"), ("filled", "may be an empty list now")):
        if old.get(name) and not new.get(name):
            yield loss
    yield from _of_values(old, new)


def _of_values(old: Contract, new: Contract) -> Iterator[str]:
    """Values that a reader of the old contract was told never to meet."""
    more = _added(old.get("allowed"), new.get("allowed"))
    if more:
        yield f"may now be {more}"
    if _is_less(new.get("low"), old.get("low")):
        yield f"was {old['low']} or more and may be less"
    if _is_less(_negative(new.get("high")), _negative(old.get("high"))):
        yield f"was {old['high']} or less and may be more"


def _added(old: list[str] | None, new: list[str] | None) -> str:
    """Values that a reader of the old list has never heard of."""
    if not old:
        return ""
    return ", ".join(word for word in new if word not in old) if new else "anything"


def _is_less(new: float | None, old: float | None) -> bool:
    """Whether a bound is looser than before, or gone."""
    return old is not None and (new is None or new < old)


def _negative(bound: float | None) -> float | None:
    return None if bound is None else -bound


def released(folder: Path) -> dict[str, dict[int, Contract]]:
    """Table -> version -> the contract as it was released last."""
    found: dict[str, dict[int, Contract]] = {}
    for path in sorted(folder.glob("*.json")):
        named = FILE.fullmatch(path.name)
        if named is None:
            raise ContractError(f"file {path}", "another name", "<table>.v<version>.json", "Rename or remove it.")
        found.setdefault(named["table"], {})[int(named["version"])] = json.loads(path.read_text(encoding="utf-8"))
    return found


def faults(folder: Path, tables: Iterable[type[Table]], retired: Iterable[str] = ()) -> list[str]:
    """Where these tables break a reader of a released contract, and no new version says so."""
    promised = {t.table_name(): t.contract() for t in tables if t.is_promised}
    found = []
    for name, versions in released(folder).items():
        latest, now = max(versions), promised.get(name)
        if now is None:
            found += [] if name in retired else [f"{name}: the table is gone; name it in tables.RETIRED"]
            continue
        broken = breaking(versions[latest], now)
        if now["version"] == latest:
            found += [f"{name}: {what}; give it version {latest + 1}" for what in broken]
        elif now["version"] != latest + 1:
            found.append(f"{name}: version {now['version']} does not follow {latest}")
        elif not broken:
            found.append(f"{name}: version {now['version']} alarms readers, and nothing breaks")
    return found


def release(folder: Path, tables: Iterable[type[Table]], retired: Iterable[str] = ()) -> None:
    """Writes what is promised from now on. Raises ContractError rather than break a promise without a word."""
    every = [table for table in tables if table.is_promised]
    wrong = faults(folder, every, retired)
    if wrong:
        raise ContractError("schemas", "; ".join(wrong), "what was released", "Keep it, or raise the table's version.")
    folder.mkdir(parents=True, exist_ok=True)
    for table in every:
        text = json.dumps(table.contract(), indent=2) + "\n"
        (folder / f"{table.table_name()}.v{table.version}.json").write_text(text, encoding="utf-8")
