"""A cluster -> its picture: nodes with places, flows with amounts and directions, and a count of what is not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from abuse.console.draw.flows import Flow, Flows, flows, pruned
from abuse.console.draw.radial import positions
from abuse.operate.page import printable

REST = "rest of "
SIDE, ROW = 340.0, 90.0
"""Services stand in a column beside the picture: they tie nobody, so they pull nothing together."""
FEW_LINES = 60
"""With more lines than this amounts are read on the line itself, one at a time."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture is made of."""

    members: Mapping[str, Mapping[str, Any]]
    """account -> its row of members"""
    services: Mapping[str, Mapping[str, Any]]
    core: str | None
    founder: str
    flows: Flows

    def is_beside(self, node: str) -> bool:
        """Whether it serves many. A deposit address serves one customer of an exchange, so it ties like a wallet."""
        return node in self.services and self.services[node]["kind"] != "deposit"


def facts(
    members: Iterable[Mapping[str, Any]],
    services: Mapping[str, Mapping[str, Any]],
    cluster: Mapping[str, Any],
    movements: Iterable[Mapping[str, Any]],
    hops: Iterable[Mapping[str, Any]],
    ties: Iterable[Mapping[str, Any]],
    owner: Mapping[str, str],
) -> Facts:
    """`owner`: address -> account; a member's wallets are drawn as one."""
    by_account = {row["account"]: row for row in members}
    about = Facts(by_account, services, cluster["core_funder"], cluster["founder"], {})
    kept = {*by_account, *filter(about.is_beside, services)}
    return replace(about, flows=pruned(flows(movements, hops, ties, owner), kept))


def graph(about: Facts, most: int) -> dict[str, Any]:
    """JSON-ready: nodes, edges, how many members and other wallets are not drawn."""
    near = _neighbours(about.flows.values())
    every = sorted({*near, *about.members}, key=lambda node: _rank(node, about, near))
    shown = every[:most]
    drawn = {key: flow for key, flow in about.flows.items() if {flow.source, flow.target} <= set(shown)}
    rests = _rests(about, set(shown))
    beside = [node for node in shown if about.is_beside(node)]
    inside = [node for node in shown if not about.is_beside(node)]
    ways = _neighbours([*drawn.values(), *rests])
    order = inside + sorted({flow.target for flow in rests})
    place_of = {node: place for place, node in enumerate(order)}
    tied = {node: sorted(set(ways.get(node, ())) & place_of.keys(), key=place_of.__getitem__) for node in order}
    places = positions(order, tied)
    left = min((x for x, _ in places.values()), default=0.0) - SIDE
    places |= {node: (left, ROW * (row - (len(beside) - 1) / 2)) for row, node in enumerate(beside)}
    num_lines = len(drawn) + len(rests)
    return {
        "nodes": [_node(node, about) | {"x": places[node][0], "y": places[node][1]} for node in shown]
        + [_rest(flow) | {"x": places[flow.target][0], "y": places[flow.target][1]} for flow in rests],
        "edges": [_edge(flow, is_labelled=num_lines <= FEW_LINES) for _, flow in sorted(drawn.items())]
        + [_edge(flow, is_labelled=False) for flow in rests],
        "num_members": len(about.members),
        "num_members_drawn": sum(node in about.members for node in shown),
        "num_others_left_out": sum(node not in about.members for node in every[most:]),
    }


def _neighbours(all_flows: Iterable[Flow]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = {}
    for flow in all_flows:
        near.setdefault(flow.source, set()).add(flow.target)
        near.setdefault(flow.target, set()).add(flow.source)
    return near


def _rank(node: str, about: Facts, near: Mapping[str, set[str]]) -> tuple[Any, ...]:
    """The core first, then services and what many hang on, then members: most ties first, then by name."""
    degree = len(near.get(node, ()))
    holds = about.is_beside(node) or (node not in about.members and degree > 1)
    return (node != about.core, node != about.founder, not holds, -degree, node)


def _rests(about: Facts, shown: set[str]) -> list[Flow]:
    """For each wallet that is drawn, one line that stands for its lines to members that are not."""
    found: dict[tuple[str, str], Flow] = {}
    hidden: dict[tuple[str, str], set[str]] = {}
    for _, flow in sorted(about.flows.items()):
        for one, other in ((flow.source, flow.target), (flow.target, flow.source)):
            if one in shown and other not in shown and not about.is_beside(one):
                key = (one, flow.group)
                found.setdefault(key, Flow(source=one, target=f"{REST}{one}", group=flow.group))
                hidden.setdefault(key, set()).add(other)
    for key, flow in found.items():
        flow.num = len(hidden[key])
    widest: dict[str, Flow] = {}
    for flow in found.values():
        if flow.source not in widest or flow.num > widest[flow.source].num:
            widest[flow.source] = flow
    return [flow for _, flow in sorted(widest.items()) if flow.num > 1]


def _node(node: str, about: Facts) -> dict[str, Any]:
    if about.is_beside(node):
        service = about.services[node]
        name = service["name"] or service["kind"]
        return {"id": node, "label": printable(name)[:24], "kind": "service", "about": printable(service["why"])}
    if node in about.members:
        row = about.members[node]
        verdict = row["verdict"] or "none"
        told = f"member, {verdict.replace('_', ' ')}, {row['role']}, tied to {row['num_neighbours']:,}"
        return {"id": node, "label": short(node), "kind": "member", "verdict": verdict, "about": told}
    is_core = node == about.core
    told = "the wallet most of its ties go through" if is_core else "a wallet outside the campaign"
    if node in about.services:
        told = printable(about.services[node]["why"])
    return {"id": node, "label": short(node), "kind": "core" if is_core else "other", "about": told}


def _rest(flow: Flow) -> dict[str, Any]:
    told = f"{flow.num:,} more that are not drawn; the table of members has them"
    return {"id": flow.target, "label": f"+{flow.num:,}", "kind": "rest", "about": told}


def _edge(flow: Flow, *, is_labelled: bool) -> dict[str, Any]:
    amount = ", ".join(f"{total:.4g}{unit(asset)}" for asset, total in sorted(flow.amounts.items()))
    times = f"{flow.num:,} times" if flow.num > 1 and not flow.target.startswith(REST) else ""
    said = ", ".join(filter(None, (amount, times)))
    return {
        "source": flow.source,
        "target": flow.target,
        "group": flow.group,
        "label": said if is_labelled else "",
        "about": said or flow.group,
        "is_directed": flow.group != "sequence" and not flow.target.startswith(REST),
    }


def unit(asset: str) -> str:
    """After an amount; nobody reads a token's whole address there, and its name is its maker's."""
    return "" if asset == "native" else " of a token" if asset else ""


def short(address: str) -> str:
    """`0x1234...abcd`; the whole is in the table, and on the node's own page."""
    text = printable(address)
    return text if len(text) <= 14 else f"{text[:6]}...{text[-4:]}"  # noqa: PLR2004 -- as long as what it becomes
