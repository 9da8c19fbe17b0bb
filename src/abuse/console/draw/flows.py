"""Movements, trails and ties of a cluster -> who paid whom: one flow for all movements of one sort between two.

Accounts stand for their addresses. Whatever ties nobody and serves nobody is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

GROUPS = {
    "first_gas": "funding",
    "disperse": "funding",
    "direct": "payment",
    "counterparty": "payment",
    "sweep": "sink",
    "deposit": "sink",
    "co_activity": "sequence",
}
"""Kind of link -> what sort of line it is."""


@dataclass(slots=True)
class Flow:
    """From `source` to `target`; of a sequence, which has no direction, only between them."""

    source: str
    target: str
    group: str
    seen: set[Any] = field(default_factory=set)
    num: int = 0
    amounts: dict[str, float] = field(default_factory=dict)
    """asset -> sum, of the movements whose amount is known."""
    first_at: int | None = None
    tx_hash: str | None = None
    """Of the earliest movement."""
    chain: str | None = None

    def add(self, item: Mapping[str, Any]) -> None:
        """A movement counts once, whichever table tells of it."""
        key = (item["chain"], item["tx_hash"], item["amount"], item["asset"])
        if item["tx_hash"] is not None and key in self.seen:
            return
        self.seen.add(key)
        self.num += item.get("n") or 1
        if item["amount"] is not None:
            asset = item["asset"] or ""
            self.amounts[asset] = self.amounts.get(asset, 0.0) + item["amount"]
        if item["at"] is not None and (self.first_at is None or item["at"] < self.first_at):
            self.first_at, self.tx_hash, self.chain = item["at"], item["tx_hash"], item["chain"]


Flows = dict[tuple[str, str, str], Flow]


def flows(
    movements: Iterable[Mapping[str, Any]],
    hops: Iterable[Mapping[str, Any]],
    ties: Iterable[Mapping[str, Any]],
    owner: Mapping[str, str],
) -> Flows:
    """(source, target, group) -> flow. `owner`: address -> account, where they differ."""
    found: Flows = {}
    ties, movements = list(ties), list(movements)
    signer = {
        tie[end]: tie["via"] for tie in ties if tie["kind"] == "disperse" and tie["via"] for end in ("src", "dst")
    }
    shared = {(item["tx_hash"], item["recipient"]) for item in movements if item["kind"] == "disperse"}
    for hop in hops:
        is_sweep = hop["kind"] == "sweep"
        ends = (hop["address"], hop["reached"]) if is_sweep else (hop["reached"], hop["funded"])
        if (hop["tx_hash"], hop["funded"]) not in shared:
            _put(found, *ends, "sink" if is_sweep else "funding", hop, owner)
    for item in movements:
        if item["recipient"] is not None and item["sender"] is not None:
            payer = item["sender"]
            if item["kind"] == "disperse":  # whose contract it went through serves anyone; who signed it is who paid
                payer = signer.get(owner.get(item["recipient"], item["recipient"]), payer)
            _put(found, payer, item["recipient"], GROUPS.get(item["kind"], "payment"), item, owner)
    for tie in ties:
        if tie["kind"] == "co_activity":
            key = (tie["src"], tie["dst"], "sequence")
            found.setdefault(key, Flow(source=tie["src"], target=tie["dst"], group="sequence")).num += tie["strength"]
    return found


def _put(
    found: Flows, sender: str, recipient: str, group: str, item: Mapping[str, Any], owner: Mapping[str, str]
) -> None:
    source, target = owner.get(sender, sender), owner.get(recipient, recipient)
    if source != target:
        flow = found.setdefault((source, target, group), Flow(source=source, target=target, group=group))
        flow.add(item)


def pruned(found: Flows, kept: set[str]) -> Flows:
    """Without wallets that lie at the end of one line alone, again and again: they tie nobody. `kept` stay."""
    left = dict(found)
    while True:
        partners: dict[str, set[str]] = {}
        for flow in left.values():
            partners.setdefault(flow.source, set()).add(flow.target)
            partners.setdefault(flow.target, set()).add(flow.source)
        lonely = {node for node, others in partners.items() if node not in kept and len(others) == 1}
        if not lonely:
            return left
        left = {key: flow for key, flow in left.items() if lonely.isdisjoint(key[:2])}
