"""An account's row as people's word leaves it now. As `lake.people`, but of what is at hand."""

from __future__ import annotations

from typing import Any

from abuse import authority
from abuse.authority import Group, Row
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import View
from abuse.lake.people import max_changed
from abuse.tables import Decisions

GROUP = """
SELECT account FROM members WHERE cluster_id = (SELECT min(cluster_id) FROM members WHERE account = ?)
"""


def standing_now(view: View, ledgers: Ledgers, row: dict[str, Any]) -> dict[str, Any]:
    """The row of `decisions` with the verdict and the reasons of now."""
    account = row[Decisions.account]
    word = ledgers.words(view.publication.run.campaign_id).get(account)
    if word is None:
        return authority.overlaid(row, None)
    groups = {account: group} if word.seen and (group := members(view, account)) else {}
    said = authority.standings({account: word}, groups, max_changed(view.publication))
    return authority.overlaid(row, said.get(account))


def members(view: View, account: str) -> Group:
    """All members of its cluster; nobody for an account that is in none."""
    return frozenset(name for (name,) in view.db.execute(GROUP, (account,)))


def said_of(ledgers: Ledgers, campaign_id: str, account: str) -> list[Row]:
    """What people said of it, oldest first."""
    return [one for one in ledgers.reviews(campaign_id) if one["account"] == account]
