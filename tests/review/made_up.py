"""A published campaign of one farm, one small team and a few others, written without a JVM."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from abuse import authority
from abuse.lake.people import Now, among
from abuse.lake.publication import current
from abuse.review.decide import decide
from abuse.review.said import Decision, Said
from abuse.settings import Review
from abuse.tables import ClusterMembers, Clusters, Decisions, DisqualifiedAccounts, Published
from tests.lake.test_publication import NIGHT, publish

FARM = [f"0x{n:040x}" for n in range(1, 41)]
TEAM = [f"0x{n:040x}" for n in range(101, 109)]
ALONE, BOB, LISTED = "0x" + "aa" * 20, "Bob", "0x" + "bb" * 20
RULES = Review(max_alone=20)
MACHINE = "same_time: Nine others began with it."
CLUSTERS = {"farm": FARM, "team": TEAM}


def decision(account: str, machine: str, cluster: str | None) -> dict[str, Any]:
    listed = ["allow_listed: The campaign's allow-list names this account."] if account == LISTED else []
    return {
        "account": account,
        "verdict": "exempt" if listed else machine,
        "machine_verdict": machine,
        "cluster_id": cluster,
        "score": 0.9 if cluster else None,
        "reasons": [*listed, MACHINE],
        "evidence_kinds": [],
        "evidence": [],
        "rule_version": "1",
        "model_version": "gap",
    }


def tables(clusters: Mapping[str, Sequence[str]]) -> dict[type[Published], list[dict[str, Any]]]:
    """The farm is out, the team in doubt."""
    verdict = {"farm": "disqualified", "team": "review"}
    rows = [decision(a, verdict.get(c, "review"), c) for c, members in clusters.items() for a in members]
    rows += [decision(ALONE, "clear", None), decision(BOB, "clear", None), decision(LISTED, "disqualified", None)]
    member = {"role": "leaf", "num_neighbours": 1, "strength": 1, "num_cut": 0, "is_weak": False, "link_kinds": []}
    whole = {"num_links": 9, "shape": "star", "num_cut": 0, "is_giant": False}
    return {
        Decisions: rows,
        DisqualifiedAccounts: [row for row in rows if row["verdict"] == "disqualified"],
        Clusters: [whole | {"cluster_id": c, "size": len(m), "founder": m[0]} for c, m in clusters.items()],
        ClusterMembers: [member | {"cluster_id": c, "account": a} for c, m in clusters.items() for a in m],
    }


def published(
    lake: Path, clusters: Mapping[str, Sequence[str]] | None = None, *, as_of: datetime = NIGHT, run_id: str = "run1"
) -> str:
    """A night with these clusters."""
    minutes = int(as_of.timestamp() - NIGHT.timestamp()) // 60
    publish(str(lake), tables(clusters or CLUSTERS), as_of=as_of, run_id=run_id, minutes=minutes)
    return str(lake)


def now(lake: str) -> Now:
    return Now.of(current(lake, "drop"))


def seen(members: Collection[str]) -> str:
    return authority.members_digest(frozenset(members))


def said(action: str, reason: str = "", **more: Any) -> Said:
    usual = {"confirm": "one_operator", "note": "remark", "split": "not_of_group"}
    usual |= {"undo": "mistake", "approve": "agreed"}
    code = reason or usual.get(action, "chance")
    return Said(**({"action": action, "reason_code": code, "actor": "ann"} | more))


def says(lake: str, action: str, *targets: str, seen: str | None = None, **more: Any) -> Decision:
    return decide(lake, "drop", said(action, **more), targets, RULES, seen=seen)


def verdicts(lake: str, accounts: Collection[str]) -> set[str]:
    """What these accounts are now."""
    return {row[Decisions.verdict] for row in now(lake).decisions(among(accounts))}


def codes(lake: str, account: str) -> list[str]:
    (row,) = now(lake).decisions(among([account]))
    return [authority.code(reason) for reason in row[Decisions.reasons]]


def page_of(render: Any, *args: Any) -> str:
    out = io.StringIO()
    render(*args, Console(file=out, width=100, highlight=False, markup=False))
    return out.getvalue()
