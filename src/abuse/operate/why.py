"""A publication and an account -> why it is out, or is not, in plain words.

What the user may not see is left out when the explanation is made, so no way of showing it can give it away. Longer
than 300 lines because what is said and how it is printed must be read together to be sure of that.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import pyarrow.compute as pc

from abuse.authority import PEOPLES_CODES, code, overlaid
from abuse.errors import InputError, LakeError
from abuse.lake.people import Now, among, given_as
from abuse.lake.publication import Publication, Run, publications
from abuse.operate.because import because
from abuse.operate.coverage import coverage
from abuse.operate.page import listed, meant, moment, printable, say, title
from abuse.operate.people import told
from abuse.operate.wording import (
    CLEARED,
    IN_FAVOUR,
    LABELS,
    OPS_CHANGES,
    OPS_FACTS,
    OPS_VERDICTS,
    OTHER_REASON,
    RULINGS,
    SHARED_KINDS,
    USER_CHANGES,
    USER_KINDS,
    USER_REASONS,
    USER_VERDICTS,
)
from abuse.plurals import counted
from abuse.tables import ClusterMembers, Clusters, Decisions, Reviews

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from rich.console import Console

    from abuse.authority import Row

MAX_NIGHTS = 60
MAX_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What may be said to this audience. Without `facts`, `cluster` and `because` for a user."""

    audience: str
    account: str
    account_as_given: str
    """The account as the campaign wrote it, by which its owner knows it."""
    campaign_id: str
    as_of: datetime
    run_id: str
    verdict: str
    meaning: str
    reasons: list[str]
    evidence: list[dict[str, Any]]
    is_partial: bool
    """Whether movements between others were left out."""
    facts: dict[str, Any]
    cluster: dict[str, Any]
    because: list[str]
    """What the cluster's score rests on."""
    said: list[str]
    """What people said of it, for ops."""
    history: list[tuple[datetime, str]]
    changes: list[str]
    known: list[str] = field(default_factory=list)
    """Until when, and of how many, the data know anything; for ops."""


def explain(
    publication: Publication, account: str, audience: Literal["ops", "user"], own: AbstractSet[str] = frozenset()
) -> Explanation:
    """Everything known for ops; for anyone else only what is the account's own. `own`: its further addresses.

    The verdict is the one of now: people's word counts from the moment it is written.
    """
    published, now = _decision(publication, account), Now.of(publication)
    row = overlaid(published, now.standing(published[Decisions.account]))
    account, cluster_id = row[Decisions.account], row[Decisions.cluster_id] if audience == "ops" else None
    return explained(
        publication.run,
        row,
        audience,
        own,
        cluster=_cluster(publication, row) if cluster_id else {},
        because=because(publication, cluster_id, account) if cluster_id else [],
        said=said(now.rows, published, row),
        history=history(publication, account),
    )


def explained(
    run: Run,
    row: dict[str, Any],
    audience: Literal["ops", "user"],
    own: AbstractSet[str] = frozenset(),
    *,
    cluster: dict[str, Any],
    because: list[str],
    said: list[str],
    history: list[tuple[datetime, str]],
) -> Explanation:
    """The same of rows at hand: of `decisions` as people's word leaves it, its cluster and place in it, what the score
    rests on, what people said, and before.
    """
    verdict, is_ops = row[Decisions.verdict], audience == "ops"
    mine = own | {row[Decisions.account]}
    items = row[Decisions.evidence] if is_ops or verdict not in CLEARED else []
    named = [item for item in items if is_ops or not mine.isdisjoint((item["from"], item["to"]))]
    return Explanation(
        audience=audience,
        account=row[Decisions.account],
        account_as_given=row.get(Decisions.account_as_given) or row[Decisions.account],
        campaign_id=run.campaign_id,
        as_of=run.as_of,
        run_id=run.run_id,
        verdict=verdict,
        meaning=(OPS_VERDICTS if is_ops else USER_VERDICTS)[verdict],
        reasons=_for_ops(row[Decisions.reasons]) if is_ops else _for_user(row[Decisions.reasons], verdict),
        evidence=named if is_ops else [_own_side(item, mine) for item in named],
        is_partial=len(named) < len(items),
        facts=_facts(row) if is_ops else {},
        cluster=cluster if is_ops else {},
        because=because if is_ops else [],
        said=said if is_ops else [],
        history=history,
        changes=[OPS_CHANGES[verdict]] if is_ops else USER_CHANGES.get(verdict, []),
        known=coverage(run.report) if is_ops else [],
    )


def said(reviews: Iterable[Row], published: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """What people said of the account, and that the public tables do not know it yet, where they do not."""
    lines = told([one for one in reviews if one[Reviews.account] == row[Decisions.account]])
    if published[Decisions.verdict] != row[Decisions.verdict]:
        lines.append(f"Public tables say {published[Decisions.verdict]} until the next night, or `abuse publish`.")
    return lines


def as_json(explanation: Explanation) -> str:
    return json.dumps(asdict(explanation), indent=2, default=datetime.isoformat)


def _decision(publication: Publication, account: str) -> dict[str, Any]:
    forms = meant(account)
    named: list[dict[str, Any]] = publication.read(Decisions, filter=among(forms)).to_pylist()
    if named:
        return min(named, key=lambda row: forms.index(row[Decisions.account]))
    if given := given_as(publication, forms):
        return min(given, key=lambda row: (forms.index(row[Decisions.account_as_given]), row[Decisions.account]))
    run, num = publication.run, publication.read(Decisions, [Decisions.account]).num_rows
    raise InputError(
        f"account {printable(account.strip())}",
        f"did not take part in campaign {run.campaign_id!r} before {moment(run.as_of.isoformat())}",
        f"one of its {counted(num, 'participant')}",
        "Check the address, or name another night with --as-of.",
    )


def _for_ops(reasons: list[str]) -> list[str]:
    """Stored as `code: sentence`."""
    return [sentence.strip() or name for name, _, sentence in (reason.partition(":") for reason in reasons)]


def _for_user(reasons: list[str], verdict: str) -> list[str]:
    """The stored sentence may hold numbers and addresses, so a user gets one made for the code. Whoever is cleared is
    told nothing of what spoke against them; where a person decided, that alone.
    """
    codes = [code(reason).strip() for reason in reasons]
    if verdict in CLEARED:
        is_ruled = not set(codes).isdisjoint(RULINGS)
        codes = [one for one in codes if one in (PEOPLES_CODES if is_ruled else IN_FAVOUR)]
    return list(dict.fromkeys(USER_REASONS.get(one, OTHER_REASON) for one in codes))


def _own_side(item: dict[str, Any], mine: AbstractSet[str]) -> dict[str, Any]:
    """A movement as its own side may see it."""
    other = "a shared wallet" if item["kind"] in SHARED_KINDS else "another account"
    return {
        "kind": USER_KINDS.get(item["kind"], "activity"),
        "tx_hash": item["tx_hash"],
        "from": item["from"] if item["from"] in mine else other,
        "to": item["to"] if item["to"] in mine or item["to"] is None else other,
        "at": item["at"],
        "amount": item["amount"],
        "asset": item["asset"] if item["asset"] in (None, "native") else "of a token",
    }


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    codes = [reason.partition(":")[0] for reason in row[Decisions.reasons]]
    return {name: row[name] for name in OPS_FACTS} | {"reason_codes": codes}


def _cluster(publication: Publication, row: dict[str, Any]) -> dict[str, Any]:
    in_cluster = pc.field(Clusters.cluster_id) == row[Decisions.cluster_id]
    is_member = in_cluster & (pc.field(ClusterMembers.account) == row[Decisions.account])
    told = [Clusters.cluster_id, Clusters.size, Clusters.num_links, Clusters.shape, Clusters.founder]
    told += [Clusters.core_funder, Clusters.core_kind, Clusters.num_cut, Clusters.is_giant]
    member = [ClusterMembers.role, ClusterMembers.num_neighbours, ClusterMembers.link_kinds, ClusterMembers.is_weak]
    found = publication.read(Clusters, told, in_cluster).to_pylist()
    return {
        k: v
        for part in found + publication.read(ClusterMembers, member, is_member).to_pylist()
        for k, v in part.items()
    }


def history(publication: Publication, account: str) -> list[tuple[datetime, str]]:
    """The verdict of each earlier night as it was published, latest first."""
    nights = publications(publication.lake, publication.run.campaign_id)
    earlier = [night for night in nights if night.run.as_of < publication.run.as_of]
    return [(night.run.as_of, _verdict(night, account)) for night in earlier[:MAX_NIGHTS]]


def _verdict(night: Publication, account: str) -> str:
    try:
        found = night.read(Decisions, [Decisions.verdict], pc.field(Decisions.account) == account)
    except LakeError:
        return "no longer kept"
    return str(found[Decisions.verdict][0]) if found.num_rows else "not taking part"


def render(explanation: Explanation, console: Console) -> None:
    say(console, f"Account {explanation.account_as_given}: {explanation.verdict.replace('_', ' ')}", "bold")
    if explanation.audience == "ops" and explanation.account_as_given != explanation.account:
        say(console, f"in the tables {explanation.account}", "dim")
    night = f"campaign {explanation.campaign_id}, as of {moment(explanation.as_of.isoformat())}"
    say(console, f"{night}, reference {explanation.run_id}", "dim")
    _prose(console, explanation.meaning)
    _points(console, "Why", explanation.reasons)
    _evidence(explanation, console)
    _points(console, "What the score rests on", explanation.because)
    _points(console, "What people said", explanation.said)
    _ops_only(explanation, console)
    _points(console, "What the data cover", explanation.known)
    runs = [
        (verdict, [at for at, _ in same]) for verdict, same in itertools.groupby(explanation.history, lambda h: h[1])
    ]
    _points(console, "Before", [f"{_span(nights)}: {verdict.replace('_', ' ')}" for verdict, nights in runs])
    _points(console, "What can change it", explanation.changes)


def _prose(console: Console, text: str, mark: str = "") -> None:
    listed(console, mark, text.split(), between=" ", indent=4 if mark else 2)


def _points(console: Console, name: str, lines: list[str]) -> None:
    title(console, name, shown=bool(lines))
    for line in lines:
        _prose(console, line, "-")


def _evidence(explanation: Explanation, console: Console) -> None:
    title(console, "Evidence", shown=bool(explanation.evidence or explanation.is_partial))
    for n, item in enumerate(explanation.evidence[:MAX_SHOWN], 1):
        at = moment(item["at"].isoformat()) if item["at"] else ""
        amount = "" if item["amount"] is None else f"{item['amount']:,}".removesuffix(".0")
        things = "others" if item["kind"] == "time" else "movements"
        many = f"{item['n']:,} {things}" if (item.get("n") or 1) > 1 else ""
        about = [
            item["kind"].replace("_", " "),
            at,
            f"{amount} {item['asset'] or ''}".strip(),
            many,
            item.get("source"),
        ]
        say(console, f"  {n}. {', '.join(filter(None, about))}")
        sides = [item[side] for side in ("from", "to") if item[side] is not None]
        said = ["this account" if side == explanation.account else side for side in sides]
        say(console, f"     {' -> '.join(said)}")
        if item["tx_hash"]:
            say(console, f"     tx {item['tx_hash']}")
    if len(explanation.evidence) > MAX_SHOWN:
        _prose(console, f"and {len(explanation.evidence) - MAX_SHOWN:,} more: see --json")
    if explanation.is_partial:
        _prose(console, "Movements between others are not shown.")


def _ops_only(explanation: Explanation, console: Console) -> None:
    """What only ops may see; a user's explanation has none."""
    for name, facts in (("Cluster", explanation.cluster), ("Machine", explanation.facts)):
        title(console, name, shown=bool(facts))
        for key, value in facts.items():
            text = ", ".join(value) if isinstance(value, list) else str(value)
            shown = {"True": "yes", "False": "no", "None": "none", explanation.account: "this account"}.get(text, text)
            listed(console, LABELS.get(key, key.replace("_", " ")), shown.split(), between=" ", indent=18)


def _span(nights: list[datetime]) -> str:
    first, last = moment(min(nights).isoformat()), moment(max(nights).isoformat())
    return first if len(nights) == 1 else f"{first} to {last}, {len(nights):,} nights"
