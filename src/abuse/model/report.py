"""Verdicts -> report.md and figures.json."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

from abuse.model.bootstrap import Estimate
from abuse.model.certificate import Certificate
from abuse.model.judge import Verdict
from abuse.model.leaks import Check
from abuse.model.markdown import certificate_line, shown, table
from abuse.model.registry import REFERENCE
from abuse.model.splits import FLATTERING, Fold

MAIN = {
    "average precision": "pr_auc",
    "ROC-AUC": "roc_auc",
    "precision at recall .5": "precision_at_50",
    "at .7": "precision_at_70",
    "at .9": "precision_at_90",
    "precision, accounts": "precision_accounts",
    "recall, accounts": "recall_accounts",
    "honest accounts flagged per 100,000": "honest_flagged_per_100k",
    "ECE": "ece",
    "Brier": "brier",
    "ECE, accounts": "ece_accounts",
    "Brier, accounts": "brier_accounts",
}
COMPARED = ("pr_auc", "roc_auc", "precision_at_70", "honest_flagged_per_100k", "brier")
GROUPED = {"False positives by look-alike": "false_positive_rate/", "Farms found, by size, kind and level": "recall/"}
MEANING = {
    "hard": "Learnt from the whole dataset, tested on campaigns of another engine.",
    "hard_pair_only": "The same, when the source only says who dealt with whom.",
    "campaign": "Each quarter of the campaigns tested by what the others teach.",
    "farm_type": "Half of the kinds of farms at a time, tested by scorers that saw none of them nor their campaigns.",
    "look_alike": "Each kind of honest look-alike tested by scorers that never saw one, in campaigns they never saw.",
    "time": "Learnt from the earlier campaigns, tested on the later ones.",
    "level": "Learnt from farms of level 0 and 1, tested on farms of level 2 and 3 in other campaigns.",
    "noise_00": "One half of the campaigns tested by the other half: what the next four splits compare with.",
    "noise_05": "The same with 5 % of the training labels flipped.",
    "noise_10": "The same with 10 % flipped.",
    "noise_20": "The same with 20 % flipped.",
    "farms_missing_30": "The same with 30 % of the training farms called honest.",
    FLATTERING: "Campaigns on both sides. Never quote it: it shows how much such a split flatters.",
}


def report(verdicts: Sequence[Verdict], checks: Sequence[Check], skipped: Sequence[Fold], threshold: float) -> str:
    """The text of report.md, the hard set and the worst split first."""
    of_split = {split: [v for v in verdicts if v.split == split] for split in MEANING}
    of_split |= {v.split: [w for w in verdicts if w.split == v.split] for v in verdicts if v.split not in MEANING}
    parts = [
        "# How good the scorers are\n",
        "A figure is followed by its 95 % interval: clusters drawn 1,000 times within their campaigns. A cluster is "
        f"flagged when the lower bound of its probability is {threshold} or more; a scorer without one goes by its "
        "probability. Accounts outside clusters are not counted.\n",
        "## Headline\n",
        *_headline(verdicts),
        "## Is there a leak?\n",
        _checks(checks),
    ]
    for split, found in of_split.items():
        parts += _of_split(split, found) if found else []
    if skipped:
        parts.append("## Not run\n")
        parts.append(
            "Too few training campaigns to set some aside: " + ", ".join(f"{f.split} {f.name}" for f in skipped)
        )
    return "\n".join(parts) + "\n"


def worst_split(verdicts: Sequence[Verdict]) -> str:
    """Where the reference scorer ranks worst; average precision depends on the base rate, so by ROC-AUC."""
    named = [v for v in verdicts if v.scorer == REFERENCE] or list(verdicts)
    known = [v for v in named if v.split != FLATTERING and not math.isnan(v.estimates["roc_auc"].value)]
    return min(known or named, key=lambda v: (v.estimates["roc_auc"].value, v.split)).split


def _headline(verdicts: Sequence[Verdict]) -> Iterator[str]:
    worst = worst_split(verdicts)
    for split in dict.fromkeys(["hard", worst]):
        found = [v for v in verdicts if v.split == split]
        if found:
            yield f"**{split}{' (the worst split)' if split == worst else ''}.** {MEANING.get(split, '')}\n"
            yield _main(found)


def _of_split(split: str, found: list[Verdict]) -> Iterator[str]:
    rows = found[0].tested.rows
    yield f"## Split {split}\n"
    base = found[0].estimates["base_rate"].value
    yield f"{MEANING.get(split, '')} {len(rows):,} scores a scorer; {100 * base:.1f} % of the clusters are farms.\n"
    yield _main(found)
    if any(v.differences for v in found):
        yield f"Less {REFERENCE}, on the same draws; bold where the interval excludes 0:\n"
        yield _differences(found)
    for title, prefix in GROUPED.items():
        yield f"{title}:\n"
        yield _grouped(found, prefix)
    yield "What the rows certify:\n"
    for verdict in found:
        yield from _certified(verdict)
    yield ""


def _main(found: list[Verdict]) -> str:
    return table(("scorer", *MAIN), [(v.scorer, *(shown(v.estimates[name]) for name in MAIN.values())) for v in found])


def _differences(found: list[Verdict]) -> str:
    head = [said for said, name in MAIN.items() if name in COMPARED]
    compared = [v for v in found if v.differences]
    return table(("scorer", *head), [(v.scorer, *(_bold(v.differences[name]) for name in COMPARED)) for v in compared])


def _bold(difference: Estimate) -> str:
    return f"**{shown(difference)}**" if difference.is_clear() else shown(difference)


def _grouped(found: list[Verdict], prefix: str) -> str:
    names = [name for name in found[0].estimates if name.startswith(prefix)]
    counted = [n for n in names if not math.isnan(found[0].estimates[n].value)]
    rows = [(n.removeprefix(prefix), *(shown(v.estimates[n]) for v in found)) for n in counted]
    return table(("", *(v.scorer for v in found)), rows)


def _certified(verdict: Verdict) -> Iterator[str]:
    yield certificate_line(verdict.at_threshold, f"{verdict.scorer}, at the threshold")
    for error, found in verdict.for_error.items():
        where = f"{verdict.scorer}, for {100 * error:.0f} %"
        yield (
            certificate_line(found, f"{where}: from {found.threshold:.3f}")
            if found
            else f"- {where}: no threshold does."
        )


def _checks(checks: Sequence[Check]) -> str:
    rows = [(c.what, shown(c.roc_auc), "0.5" if c.is_chance_wanted else "", _held(c)) for c in checks]
    return table(("trees learn from", "ROC-AUC", "wanted", ""), rows)


def _held(check: Check) -> str:
    return ("holds" if check.holds() else "**LEAK**") if check.is_chance_wanted else ""


def figures_json(
    verdicts: Sequence[Verdict], checks: Sequence[Check], skipped: Sequence[Fold], about: dict[str, Any]
) -> dict[str, Any]:
    """The same figures for machines; what cannot be counted is null."""
    splits: dict[str, dict[str, Any]] = {}
    for v in verdicts:
        splits.setdefault(v.split, {})[v.scorer] = {
            "figures": {name: _plain(e) for name, e in v.estimates.items()},
            f"less_{REFERENCE}": {name: _plain(e) for name, e in v.differences.items()},
            "at_threshold": dataclasses.asdict(v.at_threshold),
            "least_error": dataclasses.asdict(v.least),
            "for_error": {str(error): _or_none(c) for error, c in v.for_error.items()},
        }
    leaks = {c.what: {"roc_auc": _plain(c.roc_auc), "holds": c.holds()} for c in checks}
    worst = worst_split(verdicts)
    not_run = [f"{fold.split} {fold.name}" for fold in skipped]
    return {"about": about, "worst_split": worst, "splits": splits, "leak_checks": leaks, "not_run": not_run}


def _plain(estimate: Estimate) -> list[float | None]:
    return [None if math.isnan(v) else round(v, 6) for v in (estimate.value, estimate.low, estimate.high)]


def _or_none(found: Certificate | None) -> dict[str, Any] | None:
    return None if found is None else dataclasses.asdict(found)
