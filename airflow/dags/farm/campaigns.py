"""A folder of campaign files -> which to judge."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign file. Without times when it cannot be read: its ingest will say what is wrong, and where."""

    id: str
    file: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_live(self, as_of: datetime, live_days: int) -> bool:
        if self.starts_at is None or self.ends_at is None:
            return True
        return self.starts_at < as_of <= self.ends_at + timedelta(days=live_days)


def campaigns(folder: str) -> list[Campaign]:
    """Every campaign file, by id. Raises ValueError when the folder is missing or two files share an id."""
    if not Path(folder).is_dir():
        raise ValueError(f"campaigns folder {folder} is not there; mount it, or mend `campaigns` in farm.toml")
    found: dict[str, Campaign] = {}
    for file in sorted(Path(folder).glob("*.toml")):
        one = _campaign(file)
        if one.id in found:
            raise ValueError(
                f"{one.file} and {found[one.id].file} both have the id {one.id!r}: they would replace each other"
            )
        found[one.id] = one
    return [found[name] for name in sorted(found)]


def campaign(folder: str, name: str) -> Campaign:
    """The campaign of this id. Raises ValueError with the ids there are."""
    every = {one.id: one for one in campaigns(folder)}
    if name not in every:
        raise ValueError(f"no campaign {name!r} in {folder}; there are {', '.join(every) or 'none'}")
    return every[name]


def _campaign(file: Path) -> Campaign:
    unreadable = Campaign(file.stem, str(file))
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return unreadable
    times = found.get("starts_at"), found.get("ends_at")
    if not isinstance(found.get("id"), str) or not all(isinstance(t, datetime) and t.tzinfo for t in times):
        return unreadable
    return Campaign(found["id"], str(file), *times)
