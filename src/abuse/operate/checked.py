"""What `abuse campaign check` found -> the lines it prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from abuse.campaign import Campaign
from abuse.plurals import counted


def lines(campaign: Campaign, sources: Sequence[dict[str, Any]], *, is_runnable: bool) -> Iterator[str]:
    """The campaign, then every source with what would be quarantined of its first rows."""
    when = f"{campaign.starts_at.isoformat()} to {campaign.ends_at.isoformat()}"
    yield f"{campaign.id}: {campaign.name}, {when}, {'runnable' if is_runnable else 'not runnable'}"
    for source in sources:
        yield f"  {source['source']:<24} {source['format']:<18} {source['rows']:>12,} rows  {source['path']}"
        if tried := source["sample"]:
            yield f"    {_tried(tried)}"
            yield from (f"    {note}" for note in tried["notes"])


def _tried(sample: dict[str, Any]) -> str:
    rows = counted(sample["rows"], "row")
    if not sample["quarantined"]:
        return f"the first {rows}: none would be quarantined"
    others = "" if len(sample["reasons"]) == 1 else f" All reasons: {_listed(sample['reasons'])}."
    return f"the first {rows}: {sample['quarantined']:,} would be quarantined, most because {sample['told']}{others}"


def _listed(reasons: dict[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {num:,}" for name, num in most)
