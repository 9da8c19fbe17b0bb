"""A published night of any size, written straight to Delta: one giant farm, many small ones, and strangers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from abuse.lake.ledger import append
from abuse.tables import (
    EVIDENCE,
    PUBLIC,
    ClusterMembers,
    Clusters,
    Decisions,
    Links,
    ParticipantAddresses,
    Participants,
    PerRun,
    Runs,
    Scores,
    Trails,
)

CAMPAIGN, RUN = "bench", "bench0"
AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
BIG, SMALL, CLUSTERED = 10_000, 20, 0.3
ITEMS = 12
"""Pieces of evidence of an account in a group; eight of each kind is the most."""
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6)
Columns = Mapping[str, Any]


def write_lake(folder: Path, accounts: int) -> dict[str, list[str]]:
    """What pages to ask for: ids of clusters and of accounts."""
    names = np.array([f"0x{n * 2654435761 % 2**32:08x}{n:032x}" for n in range(accounts)])
    num_in = BIG + int(max(0, accounts * CLUSTERED - BIG)) // SMALL * SMALL
    cluster_of = np.concatenate([np.zeros(BIG, int), 1 + np.arange(num_in - BIG) // SMALL])
    ids = np.array([f"{n:016x}" for n in range(cluster_of[-1] + 1)])
    inside, own = names[:num_in], ids[cluster_of]
    sizes = np.bincount(cluster_of)
    founders = inside[np.unique(cluster_of, return_index=True)[1]]
    core = np.array([f"0x{'f' * 8}{n:032x}" for n in range(len(ids))])
    versions = {table.table_name(): 0 for table in PUBLIC}
    written: dict[type[PerRun], Columns] = {
        Clusters: {"cluster_id": ids, "founder": founders, "size": sizes, "num_links": sizes - 1, "shape": "star"}
        | {"core_funder": core, "core_kind": "first_gas", "num_cut": 0, "is_giant": False},
        ClusterMembers: {"cluster_id": own, "account": inside, "role": "leaf", "num_neighbours": 1, "strength": 2}
        | {"link_kinds": lists(["first_gas", "sweep"], num_in), "num_cut": 0, "is_weak": False},
        Scores: {"cluster_id": own, "account": inside, "score": 0.9, "score_lower": 0.8, "member_score": 0.7}
        | {"model_version": "m", "top_reasons": lists(["median_gap: Half began within .2 h."], num_in)},
        Links: _links(inside, founders[cluster_of], core[cluster_of]),
        Decisions: _decisions(names, own, core[cluster_of]),
        Participants: {"account": names, "first_action_at": times(accounts), "last_action_at": times(accounts)}
        | {"num_actions": 5, "reward": 10.0},
        ParticipantAddresses: {"account": names, "chain": "ethereum", "address": names, "has_transfers": True},
        Trails: _trails(inside, core[cluster_of]),
    }
    for table in [*PUBLIC, Participants, ParticipantAddresses, Trails]:
        _write(folder, table, written.get(table, {}))
    row = {"run_id": RUN, "attempt": 1, "campaign_id": CAMPAIGN, "as_of": AS_OF, "status": "published"}
    row |= {"finished_at": datetime.now(UTC), "seconds": 1.0, "versions": json.dumps(versions), "report": "{}"}
    append(str(folder), Runs, [row])
    step = max(1, num_in // 500)
    return {
        "big": [str(ids[0])],
        "clusters": [str(c) for c in ids[1:500]],
        "accounts": [str(a) for a in inside[::step]],
    }


def _links(inside: np.ndarray, founder: np.ndarray, core: np.ndarray) -> Columns:
    """Each member tied to its founder, by funding."""
    is_other = inside != founder
    is_first = inside < founder
    low, high = (np.where(side, inside, founder)[is_other] for side in (is_first, ~is_first))
    num = len(low)
    evidence = items(np.repeat(core[is_other], 2), np.stack([low, high], 1).ravel(), num, 2)
    about = {"src": low, "dst": high, "kind": "first_gas", "evidence_kind": "money", "via": core[is_other]}
    return about | {"strength": 2, "evidence": evidence}


def _decisions(names: np.ndarray, own: np.ndarray, core: np.ndarray) -> Columns:
    num, num_in = len(names), len(own)
    verdict = np.where(np.arange(num) % 5 == 0, "review", "disqualified")
    verdict = np.where(np.arange(num) < num_in, verdict, "clear")
    clusters = pa.concat_arrays([whole(own), pa.nulls(num - num_in, pa.string())])
    score = pa.concat_arrays([pa.array(np.full(num_in, 0.9)), pa.nulls(num - num_in, pa.float64())])
    shown = items(np.repeat(core, ITEMS), np.repeat(names[:num_in], ITEMS), num_in, ITEMS)
    evidence = pa.concat_arrays([shown, pa.array([[]] * (num - num_in), pa.list_(EVIDENCE))])
    about = {"account": names, "verdict": verdict, "machine_verdict": verdict, "cluster_id": clusters, "score": score}
    reasons = ["cluster_size: It is tied to a group.", "money_link: Money ties it to the group; direct ties: 9."]
    about |= {"score_lower": score, "member_score": score, "reasons": lists(reasons, num), "evidence": evidence}
    return about | {"evidence_kinds": lists(["money", "time"], num), "rule_version": "1", "model_version": "m"}


def _trails(inside: np.ndarray, core: np.ndarray) -> Columns:
    """Where each member's first coins came from, and where its last went."""
    num = len(inside)
    kinds, funded = np.repeat(["first_gas", "sweep"], num), np.concatenate([inside, inside])
    about = {"kind": kinds, "chain": "ethereum", "address": funded, "funded": funded, "hop": 1}
    about |= {"reached": np.concatenate([core, core]), "tx_hash": hashes(2 * num), "at": times(2 * num)}
    return about | {"amount": 0.05, "asset": "native", "source": "eth"}


def lists(values: list[str], num: int) -> pa.Array:
    offsets = pa.array(np.arange(num + 1) * len(values), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(values * num))


def items(sender: np.ndarray, recipient: np.ndarray, num: int, each: int) -> pa.Array:
    total = num * each
    columns = {"kind": pa.array(["first_gas"] * total), "chain": pa.array(["ethereum"] * total)}
    columns |= {"tx_hash": whole(hashes(total)), "from": whole(sender), "to": whole(recipient)}
    columns |= {"at": times(total), "amount": pa.array(np.full(total, 0.05)), "asset": pa.array(["native"] * total)}
    columns |= {"n": pa.array(np.ones(total, np.int64)), "source": pa.array(["eth"] * total)}
    struct = pa.StructArray.from_arrays([columns[f.name] for f in EVIDENCE], fields=list(EVIDENCE))
    return pa.ListArray.from_arrays(pa.array(np.arange(num + 1) * each, pa.int32()), struct)


def whole(values: np.ndarray) -> pa.Array:
    """Arrow cuts long text into chunks."""
    found = pa.array(values)
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def hashes(num: int) -> np.ndarray:
    return np.array([f"0x{n * 2654435761 % 2**32:08x}{n:056x}" for n in range(num)])


def times(num: int) -> pa.Array:
    micros = START + np.arange(num, dtype=np.int64) * 997_001 % (30 * 86_400_000_000)
    return pa.array(micros).cast(pa.timestamp("us", tz="UTC"))


def _write(folder: Path, table: type[PerRun], columns: Columns) -> None:
    """One commit, so that a public table is at version 0."""
    num = next((len(found) for found in columns.values() if not isinstance(found, (str, int, float, bool))), 0)
    every: dict[str, Any] = {"campaign_id": CAMPAIGN, "as_of": AS_OF, "run_id": RUN} | dict(columns)
    arrays = []
    for field in table.arrow_schema():
        found = every.get(field.name)
        if found is None or isinstance(found, (str, int, float, bool, datetime)):
            arrays.append(
                pa.repeat(pa.scalar(found, field.type), num) if found is not None else pa.nulls(num, field.type)
            )
        else:
            arrays.append((found if isinstance(found, pa.Array) else whole(found)).cast(field.type))
    frame = pa.Table.from_arrays(arrays, schema=table.arrow_schema())
    uri = f"{folder}/{'' if table in PUBLIC else 'work/'}{table.table_name()}"
    write_deltalake(uri, frame, partition_by=list(table.partitions))
    assert DeltaTable(uri).version() == 0
