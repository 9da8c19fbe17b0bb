"""A view -> accounts: one with all that is behind its verdict, or a page of them."""

from __future__ import annotations

import json
from typing import Any

from abuse import authority
from abuse.console.problems import NotFound
from abuse.console.read.model import View, instant
from abuse.operate.because import told
from abuse.operate.page import meant, moment, printable
from abuse.plurals import counted
from abuse.tables import Decisions

LISTS = (Decisions.reasons, Decisions.evidence_kinds)
COLUMNS = """
account, account_as_given, verdict, machine_verdict, cluster_id, score, score_lower, member_score, reasons,
evidence_kinds, rule_version, model_version
"""
CLUSTER = """
SELECT c.cluster_id, c.size, c.num_links, c.shape, c.founder, c.core_funder, c.core_kind, c.num_cut, c.is_giant,
  m.role, m.num_neighbours, m.link_kinds, m.is_weak
FROM members m JOIN clusters c ON c.cluster_id = m.cluster_id WHERE m.cluster_id = ? AND m.account = ?
"""


def account(view: View, asked: str) -> dict[str, Any]:
    """The row of `decisions` with its evidence, and what the run knew of its part in the campaign.

    Addresses are stored in lower case, other ids as the campaign writes them; the campaign's own writing of either is
    found too. Raises NotFound.
    """
    forms = meant(asked)
    row = _named(view, forms, Decisions.account) or _named(view, forms, Decisions.account_as_given)
    if row is None:
        owner = view.value("SELECT min(account) FROM addresses WHERE address IN (?, ?, ?, ?)", *forms)
        if owner is not None:
            return account(view, owner)
        raise _unknown(view, asked.strip())
    items = view.rows("SELECT * FROM evidence WHERE account_id = ? ORDER BY place", row["id"])
    lists = {name: json.loads(row[name]) for name in LISTS}
    times = {name: instant(row[name]) for name in ("first_action_at", "last_action_at")}
    return row | lists | times | {Decisions.evidence: [evidence(item) for item in items]}


def _named(view: View, forms: tuple[str, ...], column: str) -> dict[str, Any] | None:
    """The account that is called so in this column, by the likeliest form."""
    is_other = f" AND {column} <> account" if column != Decisions.account else ""
    found = view.rows(f"SELECT * FROM accounts WHERE {column} IN (?, ?, ?, ?){is_other}", *forms)  # noqa: S608 -- our own names
    return min(found, key=lambda one: (forms.index(one[column]), one[Decisions.account]), default=None)


def _unknown(view: View, exact: str) -> NotFound:
    run, num = view.publication.run, view.value("SELECT count(*) FROM accounts")
    if not view.has_owners:
        found = "is no participant's name, and which addresses belong to whom is kept no more"
        wanted = f"the name of one of its {counted(num, 'participant')}"
        return NotFound(f"account {printable(exact)}", found, wanted, "Run its night again.")
    return NotFound(
        f"account {printable(exact)}",
        f"did not take part in campaign {run.campaign_id!r} before {moment(run.as_of.isoformat())}",
        f"one of its {counted(num, 'participant')}",
        "Check the address, or look at another night.",
    )


def evidence(item: dict[str, Any]) -> dict[str, Any]:
    """A movement as `decisions` has it."""
    about = {"kind": item["kind"], "chain": item["chain"], "tx_hash": item["tx_hash"], "from": item["sender"]}
    about |= {"to": item["recipient"], "at": instant(item["at"]), "amount": item["amount"], "asset": item["asset"]}
    return about | {"n": item["n"], "source": item["source"]}


def addresses(view: View, name: str) -> list[dict[str, Any]]:
    """chain, address of what is the account's beside its own name."""
    return view.rows("SELECT chain, address FROM addresses WHERE account = ? ORDER BY chain, address", name)


def place(view: View, row: dict[str, Any]) -> dict[str, Any]:
    """Its cluster and what it is in it; empty for an account without one."""
    found = view.row(CLUSTER, row[Decisions.cluster_id], row[Decisions.account])
    if found is None:
        return {}
    flags = {name: bool(found[name]) for name in ("is_giant", "is_weak")}
    return found | flags | {"link_kinds": json.loads(found["link_kinds"])}


def seen(view: View, row: dict[str, Any]) -> str:
    """The digest of its cluster's members, or of itself alone, that a decision on it names."""
    found = view.value("SELECT seen FROM clusters WHERE cluster_id = ?", row[Decisions.cluster_id])
    return found or authority.members_digest(frozenset({row[Decisions.account]}))


def rests_on(view: View, row: dict[str, Any]) -> list[str]:
    """What the score of its cluster rests on, in sentences."""
    found = explained(view, row[Decisions.cluster_id])
    return told([found], row[Decisions.account]) if found else []


def explained(view: View, cluster_id: str) -> dict[str, Any]:
    """The row of `explanations`; empty for a cluster that nobody has to look at."""
    row = view.row(
        "SELECT standing, base, moved, lowering, raising, core FROM explained WHERE cluster_id = ?", cluster_id
    )
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in (row or {}).items()}


def decisions(
    view: View, *, after: str = "", verdict: str | None = None, cluster_id: str | None = None, limit: int
) -> list[dict[str, Any]]:
    """The next accounts in the order of their names; without evidence, which each has on its own page."""
    asked = {"account >": after, "verdict =": verdict, "cluster_id =": cluster_id}
    given = {test: value for test, value in asked.items() if value is not None}
    where = " AND ".join(f"{test} ?" for test in given)
    sql = f"SELECT {COLUMNS} FROM accounts WHERE {where} ORDER BY account LIMIT ?"  # noqa: S608 -- our own names
    found = view.rows(sql, *given.values(), limit)
    return [row | {name: json.loads(row[name]) for name in LISTS} for row in found]


def counts(view: View) -> dict[str, int]:
    """verdict -> how many accounts."""
    rows = view.rows("SELECT verdict, count(*) AS num FROM accounts GROUP BY verdict")
    return {row["verdict"]: row["num"] for row in rows}
