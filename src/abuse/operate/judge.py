"""Decisions against a simulator's truth: the only reader of truth.csv."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from abuse.lake.publication import Publication
from abuse.tables import Decisions


def judged(publication: Publication, truth_file: Path) -> dict[str, Any]:
    """Precision and recall over accounts: of the disqualified, and of all flagged (disqualified or in review)."""
    with truth_file.open(newline="", encoding="utf-8") as file:
        truth = {row["account"]: row for row in csv.DictReader(file)}
    verdicts = publication.read(Decisions, [Decisions.account, Decisions.verdict]).to_pylist()
    verdict = {row[Decisions.account]: row[Decisions.verdict] for row in verdicts}
    farms = {account for account, row in truth.items() if row["is_farm"] == "1"}
    out = {account for account, word in verdict.items() if word == "disqualified"}
    flagged = out | {account for account, word in verdict.items() if word == "review"}
    false: dict[str, int] = {}
    for account in sorted(out - farms):
        kind = truth[account]["group_kind"]
        false[kind] = false.get(kind, 0) + 1
    return {
        "precision": _share(out & farms, out),
        "recall": _share(out & farms, farms),
        "flagged_precision": _share(flagged & farms, flagged),
        "flagged_recall": _share(flagged & farms, farms),
        "false_by_kind": false,
    }


def _share(part: set[str], whole: set[str]) -> float | None:
    return round(len(part) / len(whole), 4) if whole else None
