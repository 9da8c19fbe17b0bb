"""A column -> one value it may hold, for readers of `schemas/`. By its name, else by its unit and type.

Bytes stand in base64.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

ACCOUNT = "0x1f9090aae28b8a3dceadf281b0f12828e676c326"
OTHER = "0x52908400098527886e0f7030069857d2e4169ee7"
FUNDER = "0x8617e340b3d01fa5f11f306f4090fd50e238070d"
CONTRACT = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
TX_HASH = "0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b"
FIRST_AT, LATER_AT, AS_OF = "2026-03-21T00:30:00Z", "2026-03-29T17:05:00Z", "2026-04-08T00:00:00Z"
DIGEST = "9f2c4b7e01d85a36"
REASON = "time: 8 other members began within two days of it; 2.1 would by chance."

NAMED: dict[str, Any] = {
    "campaign_id": "spring-2026",
    "run_id": "3f0a9c1be55d7720",
    "as_of": AS_OF,
    "parent_as_of": "2026-04-07T00:00:00Z",
    "before_as_of": "2026-04-07T00:00:00Z",
    "last_action_at": LATER_AT,
    "decided_at": "2026-04-09T09:12:44Z",
    "finished_at": "2026-04-08T02:41:07Z",
    "listed_at": "2026-02-01T00:00:00Z",
    "observed_at": "2026-02-01T00:00:00Z",
    "event_date": "2026-03-21",
    "account": ACCOUNT,
    "founder": ACCOUNT,
    "src": ACCOUNT,
    "dst": OTHER,
    "address": ACCOUNT,
    "recipient": ACCOUNT,
    "caller": ACCOUNT,
    "initiator": FUNDER,
    "sender": FUNDER,
    "funder": FUNDER,
    "reached": FUNDER,
    "funded": ACCOUNT,
    "via": FUNDER,
    "core_funder": FUNDER,
    "parent": OTHER,
    "payer": FUNDER,
    "sink": FUNDER,
    "sends_to": FUNDER,
    "callee": CONTRACT,
    "counterparty": CONTRACT,
    "asset": "native",
    "tx_hash": TX_HASH,
    "first_tx_hash": TX_HASH,
    "chain": "ethereum",
    "source": "eth-transactions",
    "cluster_id": DIGEST,
    "parent_id": DIGEST,
    "file_digest": "c0ffee5d1e0a4b77",
    "row_digest": "5eb63bbbe01eeed093cb22bb8f5acdc3",
    "content_digest": "b1946ac92492d2347c6235b4d2611184",
    "member_set_digest": "6f1ed002ab559585",
    "layer": "0cc175b9c0f1b6a8",
    "review_id": "e1671797c52e15f7",
    "decision_id": "4a8a08f09d37b737",
    "approves": "8fa14cdd754f91cc",
    "supersedes": "92eb5ffee6ae2fec",
    "others": [ACCOUNT, OTHER],
    "freeze_id": "c9f0f895fb98ab91",
    "list_digest": "45c48cce2e2d7fbd",
    "frozen_at": "2026-04-10T08:00:00Z",
    "accounts": [ACCOUNT, OTHER],
    "codec": "d3d9446802a44259",
    "action": "swap",
    "position": "000007",
    "selector": "0xa9059cbb",
    "amount_raw": "50000000000000000",
    "amount": 0.05,
    "amount_usd": 131.25,
    "memo": "104455",
    "block_number": 19_426_587,
    "acted_block": 19_426_601,
    "label": "exchange",
    "name": "Example Exchange: hot wallet 3",
    "table": "transfers",
    "row": '{"sender": "0x12", "at": "never"}',
    "kind": "first_gas",
    "what": "swap",
    "evidence_kinds": ["money", "time"],
    "link_kinds": ["first_gas", "sweep"],
    "reasons": [REASON],
    "top_reasons": ["median_gap: Half of the members began within 6 min of the one before."],
    "core": [ACCOUNT, OTHER],
    "rule_version": "1",
    "model_version": "time-gap-1",
    "device": "cpu-float32",
    "reason_code": "one_operator",
    "note": "two of them share a deposit address",
    "actor": "ana@example.org",
    "role": "reviewer",
    "gate": "flagged_share",
    "message": "21.0% of the participants flagged (disqualified or in review); the campaign's band is 0% to 45%",
    "detail": '[{"promise": "key.unique", "account": "0x1f90", "rows": 2}]',
    "limit": 0.45,
    "value": 0.21,
    "seconds": 2467.4,
    "versions": '{"decisions": 41, "disqualified_accounts": 41}',
    "report": '{"status": "published"}',
    "reason": "checked by hand: one known exchange was missing",
    "why": "An exchange list calls it an exchange.",
    "attempt": 1,
    "hop": 1,
}
EVIDENCE = {
    "kind": "first_gas",
    "chain": "ethereum",
    "tx_hash": TX_HASH,
    "from": FUNDER,
    "to": ACCOUNT,
    "at": FIRST_AT,
    "amount": 0.05,
    "asset": "native",
    "n": 1,
    "source": "eth-transactions",
}
ITEMS: dict[str, dict[str, Any]] = {
    "evidence": EVIDENCE,
    "standing": {"feature": "same_funder_share", "value": 0.94, "share_below": 0.985},
    "moved": {"family": "funding", "log_odds": 1.35},
    "lowering": {"account": ACCOUNT, "probability": 0.71},
    "raising": {"account": OTHER, "probability": 0.97},
}
BY_UNIT: dict[str, Any] = {
    "0 to 1": 0.25,
    "-1 to 1": 0.6,
    "probability": 0.93,
    "seconds": 5400.0,
    "log seconds": 0.7,
    "days": 2.5,
    "hops": 2.0,
    "ratio": 0.4,
    "wei": 1_500_000_000,
    "US dollars": 131.25,
    "log-odds": -1.2,
}


def example(name: str, kind: pa.DataType, unit: str, allowed: tuple[str, ...]) -> Any:
    """A value of this type, as JSON."""
    named = NAMED.get(name)
    if pa.types.is_list(kind):
        if pa.types.is_struct(kind.value_type):
            return [ITEMS[name]] if name in ITEMS else []
        return named if isinstance(named, list) else [REASON]
    if allowed:
        return named if named in allowed else allowed[0]
    if isinstance(named, str) != (pa.types.is_string(kind) or pa.types.is_temporal(kind)):
        named = None
    return named if named is not None else BY_UNIT.get(unit, _of_kind(kind))


def _of_kind(kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind):
        return FIRST_AT
    if pa.types.is_boolean(kind):
        return False
    if pa.types.is_binary(kind):
        return "AgMFAgc="
    if pa.types.is_integer(kind):
        return 12
    return 3.5 if pa.types.is_floating(kind) else "text"
