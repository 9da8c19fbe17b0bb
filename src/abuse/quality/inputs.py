"""What ingest counted -> gates on how far the sources can be believed: contradictions, age, coverage, what counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from abuse.plurals import counted
from abuse.quality.gates import MOVES, Gate, Within, figure_gate
from abuse.settings import Settings

DAY_S = 86_400.0


def belief_gates(ingest: Mapping[str, Any], due: datetime, settings: Settings) -> list[Gate]:
    """`ingest`: the record of the step. `due`: until when movements must be known."""
    sources = ingest["sources"]
    gates = [gate for source in sources for gate in _of_source(source, settings)]
    gates += _stale(sources, due, settings)
    gates += [gate for asset in ingest.get("assets", []) for gate in _of_asset(asset)]
    if owned := ingest.get("owned"):
        gates.append(_unowned(owned, settings))
    if (unnamed := ingest.get("unnamed")) is not None:
        gates.append(_unnamed(unnamed))
    return gates


def _of_source(source: Mapping[str, Any], settings: Settings) -> Iterator[Gate]:
    name, rows = source["source"], int(source["rows_in"])
    shares = [("conflicts", "contradict each other", settings.ingest.max_conflict_share)]
    if source.get("table") in MOVES:
        limit = settings.ingest.max_unknown_status_share
        shares.append(("unknown_status", "do not say whether they succeeded", limit))
    for figure, what, limit in shares:
        num = int(source.get(figure, 0))
        share = num / rows if rows else 0.0
        message = f"{num:,} of {counted(rows, 'row')} of {name} {what} ({share:.2%}); the limit is {limit:.1%}"
        yield figure_gate(f"{figure}:{name}", "inputs", Within(0, share, limit), limit, message)


def _stale(sources: Sequence[Mapping[str, Any]], due: datetime, settings: Settings) -> Iterator[Gate]:
    """Sources that tell of the same chain in the same way go on from each other: the newest of them counts."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for source in sources:
        if source.get("table") in MOVES and source.get("newest"):
            groups.setdefault(f"{source.get('chain')} {source['table']}", []).append(source)
    limit = settings.ingest.max_stale_days
    for group in groups.values():
        newest = max(datetime.fromisoformat(source["newest"]) for source in group)
        days = max((due - newest).total_seconds() / DAY_S, 0.0)
        names = ", ".join(source["source"] for source in group)
        message = (
            f"the newest movement of {names} is of {newest:%Y-%m-%d %H:%M} UTC, {days:.1f} days before "
            f"{due:%Y-%m-%d %H:%M}, until when they are needed; the limit is {limit:g}"
        )
        yield figure_gate(f"stale:{group[0]['source']}", "inputs", Within(0, days, limit), limit, message)


def _of_asset(asset: Mapping[str, Any]) -> Iterator[Gate]:
    """An asset that the campaign lists and of which nothing counts: everybody would come out as clear."""
    if not asset["is_listed"] or not asset["rows"]:
        return
    rows, counts = int(asset["rows"]), int(asset["counting"])
    message = f"{counts:,} of {counted(rows, 'movement')} of {asset['asset']} count; at least one must{_why_not(asset)}"
    yield figure_gate(f"nothing_counts:{asset['asset']}", "inputs", Within(1, counts, max(rows, 1)), 1.0, message)


def _why_not(asset: Mapping[str, Any]) -> str:
    """Behind the message, the fix for that very cause."""
    if asset["counting"]:
        return ""
    if asset["without_decimals"]:
        return ". Its decimals are unknown: give a source of format tokens"
    if asset["without_price"]:
        return ". Its price is unknown: give `usd` in a source of format tokens"
    return ". All of them are dust: is the amount in the smallest unit?"


def _unowned(owned: Mapping[str, int], settings: Settings) -> Gate:
    given, unowned, limit = owned["given"], owned["unowned"], settings.ingest.max_unowned_share
    share = unowned / given if given else 0.0
    message = (
        f"{unowned:,} of {counted(given, 'given address', 'given addresses')} belong to no participant ({share:.1%}); "
        f"the limit is {limit:.0%}. Are accounts written alike in both lists?"
    )
    return figure_gate("unowned_addresses", "inputs", Within(0, share, limit), limit, message)


def _unnamed(unnamed: int) -> Gate:
    message = (
        f"{counted(unnamed, 'row')} of participation name no account, so no verdict stands for them; there must be none"
    )
    return figure_gate("unnamed_participants", "inputs", Within(0, unnamed, 0), 0.0, message)


def analysed_gate(verdicts: Mapping[str, int], settings: Settings) -> Gate:
    """Of whom nothing is known nobody can say that they are clean; where they are most, the data are missing."""
    total, unknown, limit = (
        sum(verdicts.values()),
        verdicts.get("not_analysed", 0),
        settings.policy.max_not_analysed_share,
    )
    share = unknown / total if total else 0.0
    message = (
        f"of {unknown:,} of {counted(total, 'participant')} no money is known ({share:.1%}); the limit is {limit:.0%}"
    )
    return figure_gate("not_analysed_share", "outputs", Within(0, share, limit), limit, message)
