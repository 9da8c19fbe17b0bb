"""A lake in which every page has something to show: nights, a held one, people's word of every kind, and nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from abuse.lake.publication import runs
from abuse.operate.night_page.kept import keep
from abuse.review.appeals import open_appeal, resolve_appeal
from abuse.review.decide import approve, decide, undo
from abuse.review.freeze import freeze
from abuse.review.said import Decision, Said
from abuse.settings import Review
from abuse.tables import ClusterLineage, Clusters, Decisions
from tests.bench.console_lake import write_lake
from tests.browser.farms import Farm, public_of, put, put_quiet, report_of
from tests.console.lakes import STRANGERS, Rows
from tests.lake.test_publication import NIGHT

SPRING = [Farm(number) for number in range(101, 107)]
GIANT = SPRING[-1]
NUM_ACCOUNTS = 12_000
"""Of the campaign `bench`, 10,000 of them in one cluster."""
RULES = Review(max_alone=5)
LONG = (
    "We are a family of eight who share one laptop and one exchange account.\nOur cousin paid for everybody's gas. " * 4
)


def showcase(lake: Path) -> None:
    ids = write_lake(lake, NUM_ACCOUNTS)
    assert ids["big"] == [BIG]
    put_quiet(lake, "quiet")
    put(lake, "held", rows=public_of([]), status="held", reason="flagged_share")
    _spring(lake)
    _said(str(lake))


BIG = f"{0:016x}"
"""The cluster of 10,000."""


def _spring(lake: Path) -> None:
    """Three nights: all clear, then out, then held."""
    name = "Spring quest of a campaign with a rather long name, season 2"
    put(lake, "spring", SPRING[:4], rows=public_of(SPRING[:4], "clear"), run_id="spring-0", name=name)
    rows = public_of(SPRING)
    _grown(rows)
    put(lake, "spring", SPRING, rows=rows, run_id="spring-1", as_of=NIGHT + timedelta(days=1), minutes=1, name=name)
    closed = {"gate": "flagged_share", "stage": "outputs", "passed": False, "value": 0.95, "limit": 0.45}
    closed |= {"message": "95% of the participants are flagged, at most 45%"}
    report = report_of("spring", rows, name) | {"gates": [closed]}
    put(
        lake, "spring", rows=rows, run_id="spring-2", as_of=NIGHT + timedelta(days=2), minutes=2, status="held",
        report=report, reason="flagged_share",
    )  # fmt: skip
    for run in runs(str(lake), "spring"):
        if run.status == "published":
            keep(str(lake), run)


def _grown(rows: Rows) -> None:
    """What became of the clusters of the night before; and one that is too large to be believed."""
    about: dict[str, Any] = {"num_shared": 10, "parent_as_of": NIGHT}
    same = [{"cluster_id": one.cluster_id, "parent_id": one.cluster_id, "change": "same"} for one in SPRING[:4]]
    rows[ClusterLineage] = [row | about for row in same]
    for row in rows[Clusters]:
        row["is_giant"] = row["cluster_id"] == GIANT.cluster_id
    for row in rows[Decisions]:
        if row.get("cluster_id") == GIANT.cluster_id:
            row |= {"verdict": "review", "machine_verdict": "review"}


def _said(lake: str) -> None:
    """A word of every kind, so that lists, badges and buttons of every kind are on the pages."""
    first, second, third = SPRING[:3]
    says(lake, "ann", "confirm", first.members, "one_operator", "Looked at the funder: an exchange paid it once.")
    says(lake, "rob", "hold", second.members[:3], "second_opinion")
    says(lake, "ann", "overturn", second.members, "acquaintances", LONG)
    waits = says(lake, "bert", "overturn", third.members, "shared_payer", role="approver")
    approve(lake, "spring", word("carl", "approve", "agreed", role="approver"), waits.decision_id)
    says(lake, "ann", "exempt", [STRANGERS[0]], "own_team")
    taken = says(lake, "ann", "split", third.members[:2], "not_of_group")
    undo(lake, "spring", word("ann", "undo", "mistake"), taken.decision_id)
    for account in (first.members[0], first.members[1], third.members[4]):
        open_appeal(lake, "spring", word("vera", "appeal_opened", "owner_asked", LONG, "viewer"), account)
    resolve_appeal(lake, "spring", word("ann", "appeal_resolved", "", "No."), third.members[4], "denied", RULES)
    freeze(lake, "spring", "ann", None)


def says(
    lake: str,
    actor: str,
    action: str,
    accounts: list[str],
    reason: str,
    note: str | None = None,
    role: str = "reviewer",
) -> Decision:
    return decide(lake, "spring", word(actor, action, reason, note, role), accounts, RULES)


def word(actor: str, action: str, reason: str, note: str | None = None, role: str = "reviewer") -> Said:
    return Said(action=action, reason_code=reason, note=note, actor=actor, role=role)
