"""A small lake: ten wallets that one address funded and that paid on to one, two strangers, an exchange above."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from abuse.contract import Table
from abuse.lake.ledger import append, replace_rows
from abuse.lake.storage import made_of, record_folder, write_json
from abuse.settings import Settings
from abuse.tables import (
    PUBLIC,
    ClusterLineage,
    ClusterMembers,
    Clusters,
    Decisions,
    Explanations,
    Features,
    GateResults,
    Links,
    ParticipantAddresses,
    Participants,
    PerRun,
    Runs,
    Scores,
    Services,
    Trails,
)
from tests.lake.test_publication import CLOCK, NIGHT, write_slice

FARM = "c9d8e7f6a5b40312"
MEMBERS = [f"0x{n:02x}" + "a" * 38 for n in range(1, 11)]
STRANGERS = ["0x" + "b1" * 20, "0x" + "b2" * 20]
FUNDER, SINK, EXCHANGE = "0x" + "f7" * 20, "0x" + "5e" * 20, "0x" + "e3" * 20
PAID = datetime(2026, 3, 2, 10, tzinfo=UTC)
Rows = dict[type[PerRun], list[dict[str, Any]]]


def tx(number: int) -> str:
    return f"0x{number:064x}"


def item(kind: str, sender: str, to: str | None, number: int, at: datetime, **rest: Any) -> dict[str, Any]:
    about = {"kind": kind, "chain": "ethereum", "tx_hash": tx(number), "from": sender, "to": to, "at": at}
    return about | {"amount": 0.05, "asset": "native", "n": 1, "source": "eth-transactions"} | rest


def funded(n: int) -> dict[str, Any]:
    return item("first_gas", FUNDER, MEMBERS[n], n, PAID + timedelta(minutes=n))


def swept(n: int) -> dict[str, Any]:
    return item("sweep", MEMBERS[n], SINK, 100 + n, PAID + timedelta(days=20, minutes=n), amount=1.5)


def decision(account: str, verdict: str, **rest: Any) -> dict[str, Any]:
    row = {
        "account": account,
        "verdict": verdict,
        "machine_verdict": verdict,
        "reasons": ["no_links: Nothing ties it."],
    }
    return row | {"evidence_kinds": [], "evidence": [], "rule_version": "1", "model_version": "time-gap-1"} | rest


def member_decision(n: int, verdict: str) -> dict[str, Any]:
    acted = item("time", MEMBERS[n], None, 200 + n, PAID + timedelta(days=1), n=9, amount=None, asset=None, chain=None)
    return decision(
        MEMBERS[n],
        verdict,
        cluster_id=FARM,
        score=0.9137,
        score_lower=0.8642,
        member_score=0.9,
        reasons=["money_link: Money ties it to the group; direct ties: 9.", "same_time: 9 others began with it."],
        evidence_kinds=["money", "sink", "time"],
        evidence=[funded(n), swept(n), acted],
    )


def farm(cluster_id: str = FARM) -> dict[str, Any]:
    about = {"cluster_id": cluster_id, "founder": MEMBERS[0], "size": len(MEMBERS), "num_links": 9, "shape": "star"}
    return about | {"core_funder": FUNDER, "core_kind": "first_gas", "num_cut": 1, "is_giant": False}


def public_rows(verdict: str = "disqualified") -> Rows:
    """Every public table of one night; the last member is in review."""
    verdicts = [verdict] * (len(MEMBERS) - 1) + ["review"]
    standing = [{"feature": "same_sink_share", "value": 0.93, "share_below": 0.98}]
    told = {"cluster_id": FARM, "standing": standing, "core": [MEMBERS[0]], "lowering": [], "raising": []}
    service = {"chain": "ethereum", "address": EXCHANGE, "kind": "exchange", "basis": "label", "source": "labels"}
    links = [
        {"src": MEMBERS[0], "dst": MEMBERS[n], "kind": kind, "evidence_kind": sort, "via": via, "strength": 2}
        | {"evidence": [one(0), one(n)]}
        for n in range(1, len(MEMBERS))
        for kind, sort, via, one in (("first_gas", "money", FUNDER, funded), ("sweep", "sink", SINK, swept))
    ]
    members = [
        {"cluster_id": FARM, "account": account, "role": "core" if n else "founder", "num_neighbours": 1 if n else 9}
        | {"link_kinds": ["first_gas", "sweep"], "strength": 4, "num_cut": 0, "is_weak": n == len(MEMBERS) - 1}
        for n, account in enumerate(MEMBERS)
    ]
    score = {"cluster_id": FARM, "score": 0.9137, "score_lower": 0.8642, "member_score": 0.9, "model_version": "m"}
    return {
        Services: [service | {"name": "Some Exchange", "why": "The list labels calls it an exchange."}],
        Links: links,
        Clusters: [farm()],
        ClusterMembers: members,
        ClusterLineage: [],
        Scores: [score | {"account": a, "top_reasons": ["median_gap: Half began within .2 h."]} for a in MEMBERS],
        Explanations: [told | {"base": -2.0, "moved": [{"family": "time", "log_odds": 1.5}]}],
        Decisions: [
            *[member_decision(n, word) for n, word in enumerate(verdicts)],
            decision(STRANGERS[0], "clear"),
            decision(STRANGERS[1], "not_analysed", reasons=["no_funding_data: No movement of its money is known."]),
        ],
    }


def work_rows() -> Rows:
    """What the steps left: who took part, and the trails with the exchange at their end."""
    began = PAID + timedelta(days=1)
    took_part = [
        {"account": a, "first_action_at": began, "last_action_at": began, "num_actions": 3, "reward": 12.5}
        for a in (*MEMBERS, *STRANGERS)
    ]
    own = {"chain": "ethereum", "has_transfers": True}
    about = {"chain": "ethereum", "asset": "native", "source": "eth"}
    trails = [
        row
        for n, account in enumerate(MEMBERS)
        for row in (
            {"kind": "first_gas", "hop": 1, "reached": FUNDER, "funded": account, "tx_hash": tx(n)}
            | {"at": PAID + timedelta(minutes=n), "amount": 0.05, "address": account},
            {"kind": "first_gas", "hop": 2, "reached": EXCHANGE, "funded": FUNDER, "tx_hash": tx(900)}
            | {"at": PAID - timedelta(days=1), "amount": 3.0, "address": account, "ended_by": "service"},
            {"kind": "sweep", "hop": 1, "reached": SINK, "funded": account, "tx_hash": tx(100 + n)}
            | {"at": PAID + timedelta(days=20, minutes=n), "amount": 1.5, "address": account},
        )
    ]
    figures = {"cluster_id": FARM, "size": len(MEMBERS), "time_partners": 9, "time_expected": 0.5, "money_partners": 9}
    figures |= {"sink_partners": 9, "sequence_partners": 0, "median_gap_s": 60.0, "gap_s": 60.0}
    second = {"account": MEMBERS[0], "address": "0x" + "d0" * 20}
    return {
        Participants: took_part,
        ParticipantAddresses: [
            *[own | {"account": a, "address": a} for a in (*MEMBERS, STRANGERS[0])],
            own | {"account": STRANGERS[1], "address": STRANGERS[1], "has_transfers": False},
            own | second,
        ],
        Features: [figures | {"account": a} for a in MEMBERS],
        Trails: [about | row for row in trails],
    }


REPORT: dict[str, Any] = {
    "campaign": {"id": "drop", "name": "Spring drop"},
    "verdicts": {"disqualified": 9, "review": 1, "clear": 1, "not_analysed": 1},
    "clusters": {"num": 1, "members": 10, "largest": 10, "largest_share": 0.83, "by_size": [["8-19", 1, 10]]},
    "links": {"first_gas": 9, "sweep": 9},
    "gates": [
        {"gate": "flagged_share", "stage": "outputs", "passed": True, "value": 0.83, "limit": 0.9, "message": "83%"}
    ],
    "seconds": {"ingest": 3.2, "decide": 1.1, "publish": 0.4},
    "sources": [{"source": "eth", "table": "transfers", "rows_in": 30, "kept": 29, "quarantined": 1}],
    "quarantine_reasons": {"bad_address": 1},
    "warnings": ["2 lists are older than 90 days"],
}


MADE_OF: dict[str, Any] = {"settings": Settings().rules(), "version": "0.3.0"}
"""What a run keeps of how it was made, as far as readers look."""


def publish(
    lake: Path,
    public: Rows | None = None,
    work: Rows | None = None,
    *,
    as_of: datetime = NIGHT,
    campaign_id: str = "drop",
    run_id: str = "run1",
    attempt: int = 1,
    status: str = "published",
    minutes: int = 0,
    report: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """A run as it ends: its slices, its gates, and its row in `runs`."""
    rows = public_rows() if public is None else public
    versions = {}
    about = {"campaign_id": campaign_id, "run_id": run_id}
    if status == "published":
        for table in PUBLIC:
            versions[table.table_name()] = write_slice(str(lake), table, rows.get(table, []), as_of, **about)
        for made, found in (work_rows() if work is None else work).items():
            write_work(lake, made, [row | about | {"as_of": as_of} for row in found])
        write_json(made_of(str(lake), campaign_id, as_of, run_id), MADE_OF | {"run_id": run_id})
    elif work is not None:
        for made, found in work.items():
            write_work(lake, made, [row | about | {"as_of": as_of} for row in found])
        write_json(f"{record_folder(str(lake), campaign_id, as_of)}/ingest.json", MADE_OF | {"run_id": run_id})
    told = REPORT if report is None else report
    gates = [gate | about | {"attempt": attempt, "as_of": as_of} for gate in told.get("gates", [])]
    replace_rows(str(lake), GateResults, gates, f"run_id = '{run_id}' AND attempt = {attempt}")
    row = about | {"attempt": attempt, "as_of": as_of, "status": status, "seconds": 4.7, "reason": reason}
    row |= {"finished_at": CLOCK + timedelta(minutes=minutes), "versions": json.dumps(versions)}
    append(str(lake), Runs, [row | {"report": json.dumps(told)}])


def write_work(lake: Path, table: type[Table], rows: list[dict[str, Any]]) -> None:
    """Replaces the whole work table: one campaign and night is all these lakes hold there."""
    uri = f"{lake}/work/{table.table_name()}"
    frame = pa.Table.from_pylist(rows, schema=table.arrow_schema())
    write_deltalake(uri, frame, mode="overwrite", partition_by=list(table.partitions))
    assert DeltaTable.is_deltatable(uri)
