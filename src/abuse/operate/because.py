"""A publication and a cluster -> what its score rests on, in sentences for ops."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from abuse.errors import LakeError
from abuse.lake.publication import Publication
from abuse.tables import ClusterFeatures, Explanations

LEAST_MOVED = 0.05
"""Log-odds below which a family moved nothing worth a line."""
MAX_NAMED = 5
FAMILIES = {
    "time": "when members acted",
    "behaviour": "what they did",
    "funding": "how they were funded",
    "sink": "where their coins went",
    "structure": "how they hang together",
}


def because(publication: Publication, cluster_id: str, account: str) -> list[str]:
    """Facts first, then what the network made of them. Nothing where the publication knows no explanations."""
    try:
        rows = publication.read(Explanations, filter=pc.field(Explanations.cluster_id) == cluster_id).to_pylist()
    except LakeError:  # a publication of an earlier version has no such table
        return []
    return told(rows, account)


def told(rows: list[dict[str, Any]], account: str) -> list[str]:
    """The same of rows at hand."""
    return [line for row in rows for line in (*_standing(row), *_moved(row), *_members(row, account))]


def _standing(row: dict[str, Any]) -> list[str]:
    """`same_sink_share .93: 98 % of like-sized clusters of a low score have less. What it is.`"""
    lines = []
    for one in row[Explanations.standing]:
        share = one["share_below"]
        percent, side = (100 * share, "less") if share > 0.5 else (100 * (1 - share), "more")  # noqa: PLR2004
        doc = vars(ClusterFeatures)[one["feature"]].doc
        others = f"{percent:.0f} % of like-sized clusters of a low score have {side}"
        lines.append(f"{one['feature']} {one['value']:.3g}: {others}. {doc}")
    return lines


def _moved(row: dict[str, Any]) -> list[str]:
    """One sentence on what each family of evidence did."""
    moved = {one["family"]: one["log_odds"] for one in row[Explanations.moved] or ()}
    order = sorted((name for name in moved if abs(moved[name]) >= LEAST_MOVED), key=lambda name: -abs(moved[name]))
    parts = [f"{FAMILIES[name]} {moved[name]:+.2f}" for name in order]
    return [f"Moved the network's log-odds: {', '.join(parts)}."] if parts else []


def _members(row: dict[str, Any], account: str) -> list[str]:
    """What the score would be without this account, and without whom the cluster would not be held."""
    without = {one["account"]: one["probability"] for name in ("lowering", "raising") for one in row[name] or ()}
    lines = [f"Without this account the probability would be {without[account]:.4g}."] if account in without else []
    core = row[Explanations.core] or []
    if core:
        named = ", ".join("this account" if one == account else one for one in core[:MAX_NAMED])
        more = f" and {len(core) - MAX_NAMED:,} more" if len(core) > MAX_NAMED else ""
        lines.append(f"Without {named}{more} the lower bound would be under the policy's.")
    return lines
