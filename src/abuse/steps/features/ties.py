"""Facts of members -> MemberTies: what each member is to its cluster, for a model that reads members one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from abuse.contract import Field
from abuse.steps.features import statistics as st
from abuse.steps.features.facts import Known, standing
from abuse.steps.features.group import Group
from abuse.tables import MemberTies, PerRun

FIELDS: list[Field] = [field for field in MemberTies.fields() if field.name not in PerRun.columns()]
SCHEMA = pa.schema([(field.name, field.kind) for field in FIELDS])
SQL = {pa.string(): "string", pa.float64(): "double", pa.int64(): "bigint", pa.bool_(): "boolean"}
COPIED = (
    *(MemberTies.cluster_id, MemberTies.account, MemberTies.hops, MemberTies.num_actions, MemberTies.num_neighbours),
    *(MemberTies.time_partners, MemberTies.money_partners, MemberTies.sink_partners, MemberTies.sequence_partners),
)


def member_ties(known: Known) -> DataFrame:
    """One row per member; what nothing is known of is empty."""
    schema = ", ".join(f"{field.name} {SQL[field.kind]}" for field in FIELDS)
    return standing(known).groupBy(MemberTies.cluster_id).applyInArrow(ties, schema)


def ties(members: pa.Table) -> pa.Table:
    """The rows of one cluster, by account."""
    group = Group.of(members)
    columns = {name: [row[name] for row in group.rows] for name in COPIED}
    columns |= money(group) | {name: _known(values) for name, values in when(group).items()}
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def money(group: Group) -> dict[str, list[Any]]:
    """Who paid each, where its coins went, and what it shares with the others in that."""
    owner = {address: row["account"] for row in group.rows for address in row["addresses"] or ()}
    payer = [None if row["funder_serves"] else row["funder"] for row in group.rows]
    parent = [owner.get(address) if address else None for address in payer]
    payments = Counter(row["funding_tx"] for row in group.rows)
    paid = [row["funding_tx"] is not None for row in group.rows]
    return {
        MemberTies.parent: [p if p != row["account"] else None for p, row in zip(parent, group.rows, strict=True)],
        MemberTies.payer: payer,
        MemberTies.sink: [None if row["sink_serves"] else row["sink"] for row in group.rows],
        MemberTies.is_served: [None if row["funder"] is None else row["funder_serves"] for row in group.rows],
        MemberTies.is_sunk_at_service: [None if row["sink"] is None else row["sink_serves"] for row in group.rows],
        MemberTies.paid_with: [
            payments[row["funding_tx"]] - 1 if known else None for row, known in zip(group.rows, paid, strict=True)
        ],
        MemberTies.same_payment_share: same_payment(group),
    }


def same_payment(group: Group) -> list[float | None]:
    """Share of the other members whose first payment is written alike."""
    amounts = [row["funding_amount"] for row in group.rows]
    written = [None if amount is None else f"{amount:.2e}" for amount in amounts]
    counts, others = Counter(written), max(len(group) - 1, 1)
    return [None if text is None else (counts[text] - 1) / others for text in written]


def when(group: Group) -> dict[str, st.Floats]:
    """Times from the cluster's middle, and from one thing a member did to another."""
    began, ended = group.seconds("first_at"), group.seconds("last_at")
    paid, sunk = group.seconds("funded_at"), group.seconds("sunk_at")
    expected = group.aligned("time_expected")
    return {
        MemberTies.paid_offset_s: paid - _middle(paid),
        MemberTies.begin_offset_s: began - _middle(began),
        MemberTies.sunk_offset_s: sunk - _middle(sunk),
        MemberTies.wait_s: began - paid,
        MemberTies.sink_wait_s: sunk - ended,
        MemberTies.time_surprise: (group.aligned("time_partners") - expected) / np.sqrt(np.maximum(expected, 1.0)),
    }


def _middle(times: st.Floats) -> float:
    return st.median(times[~np.isnan(times)])


def _known(values: st.Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
