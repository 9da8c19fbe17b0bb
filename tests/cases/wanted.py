"""What a case must come to -> how what came of it differs, each difference as a line a person can read."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from abuse.quality.gates import MOVES
from tests.cases.running import Outcome

ALWAYS: dict[str, Any] = {"honest_out": 0, "held": [], "quarantined": {}}
"""Wanted unless a case says otherwise."""
TOLD, REFUSED = "told", "refused"
WHO = ("num_farm", "farm")
"""Says who the farm is, not what becomes of it."""
KIND_OF = {"first_gas": "money", "direct": "money", "disperse": "money", "sweep": "sink", "deposit": "sink"}
KIND_OF |= {"co_activity": "sequence"}


def differences(wanted: Mapping[str, Any], got: Outcome, farm: Collection[str]) -> list[str]:
    """Empty where all is as wanted."""
    if REFUSED in wanted:
        said = got.refused or "not refused"
        return [f"refused: wanted {w!r}, got {said}" for w in wanted[REFUSED] if w.lower() not in got.refused.lower()]
    if got.refused:
        return [f"refused: {got.refused}"]
    found = figures(got, set(farm))
    asked = ALWAYS | {name: value for name, value in wanted.items() if name not in (TOLD, *WHO)}
    differ = [f"{name}: wanted {value}, got {found[name]}" for name, value in asked.items() if found[name] != value]
    text = "\n".join([*got.held.values(), *got.record["ingest"]["warnings"]])
    differ += [f"told: wanted {w!r}, got {text!r}" for w in wanted.get(TOLD, []) if w.lower() not in text.lower()]
    return differ + one_transaction_twice(got)


def figures(got: Outcome, farm: set[str]) -> dict[str, Any]:
    """Everything that a case may want something of."""
    ingest = got.record["ingest"]
    sources = ingest["sources"]
    moves = [s for s in sources if s["table"] in MOVES]
    out = got.with_verdict("disqualified")
    counts = Counter(got.verdicts.values())
    return {
        "verdicts": len(got.verdicts),
        "farm_out": len(out & farm),
        "honest_out": len(out - farm),
        "farm_clear": len(got.with_verdict("clear") & farm),
        **{verdict: counts[verdict] for verdict in ("clear", "review", "disqualified", "not_analysed")},
        "held": sorted(got.held),
        "participants": ingest["participants"],
        "rows_in": sum(s["rows_in"] for s in sources if s["table"] == "participation"),
        "actions": sum(s["kept"] for s in sources if s["table"] == "participation"),
        "movements": sum(s["kept"] for s in moves),
        "newest": max((s["newest"] for s in moves if s["newest"]), default=""),
        "reasons": ingest["quarantine_reasons"],
        "owned": ingest["owned"],
        **{name: of_sources(sources, name) for name in ("quarantined", "unread_figures", "not_a_transfer")},
    }


def of_sources(sources: list[dict[str, Any]], name: str) -> dict[str, int]:
    """Source -> that count of it, where there is any."""
    return {source["source"]: source[name] for source in sources if source[name]}


def one_transaction_twice(got: Outcome) -> list[str]:
    """Transactions that an account's evidence names under two kinds: one act must not count twice."""
    kinds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for account, items in got.evidence.items():
        for item in items:
            if item["tx_hash"] and item["kind"] in KIND_OF:
                kinds[account, item["tx_hash"]].add(KIND_OF[item["kind"]])
    return [f"{account}: {tx} is {sorted(of)}" for (account, tx), of in kinds.items() if len(of) > 1]


def transactions_of(got: Outcome) -> set[str]:
    """Every transaction that some evidence names."""
    return {item["tx_hash"] for items in got.evidence.values() for item in items if item["tx_hash"]}


def first_accounts(file: Path, column: str, num: int) -> list[str]:
    """The first so many accounts of a list, as it writes them."""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return list(dict.fromkeys(row[column] for row in csv.DictReader(rows)))[:num]
