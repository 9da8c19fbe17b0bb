"""The list as payout gets it, written down once; and what people reversed since, as a list of its own.

Nights go on and may change the tables; who pays reads the versions that were frozen, or an export of them, and then the
reversals.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow.compute as pc

from abuse import authority
from abuse.errors import InputError, LakeError
from abuse.lake.ledger import append, ledger
from abuse.lake.people import Now, review_ids, reviews, run_name
from abuse.lake.publication import Publication, current, runs
from abuse.lake.storage import storage_of
from abuse.operate.export import about_run, handed_rows
from abuse.operate.handover import hand_over
from abuse.operate.sheets import cell, instant
from abuse.settings import digest
from abuse.tables import Decisions, DisqualifiedAccounts, Freezes, Reviews

OUT = "disqualified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reversal:
    """An account that people put on the other side of the list than the one it was frozen on."""

    account: str
    account_as_given: str
    """The account as the campaign wrote it."""
    before: str
    after: str
    reason: str
    """Why, as `code: sentence`."""
    actor: str
    decided_at: datetime
    review_id: str


def freeze(lake: str, campaign_id: str, actor: str, note: str | None, as_of: datetime | None = None) -> dict[str, Any]:
    """The row of Freezes for the current publication; to freeze it again changes nothing.

    Raises LakeError when people's word is not in it yet: what payout gets must be what stands.
    """
    publication = current(lake, campaign_id, as_of)
    run, now = publication.run, Now.of(publication)
    accounts = sorted(publication.read(DisqualifiedAccounts, [Decisions.account])[Decisions.account].to_pylist())
    same = {Freezes.run_id: run.run_id, Freezes.list_digest: digest(accounts)}
    before = next((row for row in freezes(lake, campaign_id) if same.items() <= row.items()), None)
    if before:
        return before
    if "base" in run.report and run_name(run.report["base"], review_ids(now.rows)) != run.run_id:
        raise _without_reviews(lake, campaign_id, run.run_id, "does not know all reviews")
    verdicts = Counter(publication.read(Decisions, [Decisions.verdict])[Decisions.verdict].to_pylist())
    row = {
        Freezes.freeze_id: digest([campaign_id, run.run_id, run.attempt]),
        Freezes.campaign_id: campaign_id,
        Freezes.as_of: run.as_of,
        Freezes.run_id: run.run_id,
        Freezes.attempt: run.attempt,
        Freezes.versions: json.dumps(run.versions, sort_keys=True),
        Freezes.num_participants: verdicts.total(),
        Freezes.num_disqualified: len(accounts),
        Freezes.num_in_review: verdicts["review"],
        Freezes.list_digest: same[Freezes.list_digest],
        Freezes.frozen_at: datetime.now(UTC),
        Freezes.actor: actor,
        Freezes.note: note,
    }
    if review_ids(reviews(lake, campaign_id)) != review_ids(now.rows):
        raise _without_reviews(lake, campaign_id, run.run_id, "lacks reviews that came in just now")
    append(lake, Freezes, [row])
    return row


def _without_reviews(lake: str, campaign_id: str, run_id: str, found: str) -> LakeError:
    fix = f"Publish them first: `abuse publish --campaign {campaign_id} --lake {lake}`."
    return LakeError(f"run {run_id}", found, "a publication with people's word", fix)


def waiting(lake: str, campaign_id: str) -> list[str]:
    """What people have not answered yet, for whoever is about to pay."""
    rows = reviews(lake, campaign_id)
    num_open = sum(word.appeal is not None for word in authority.counted(rows).values())
    counts = {"open appeals": num_open, "decisions that wait for a second person": len(authority.pending(rows))}
    return [f"{what}: {num:,}; see `abuse review list`" for what, num in counts.items() if num]


def freezes(lake: str, campaign_id: str) -> list[dict[str, Any]]:
    """Every freeze of a campaign, latest first; one that two hands wrote at once is one."""
    rows = ledger(lake, Freezes, pc.field(Freezes.campaign_id) == campaign_id).to_pylist()
    first = {row[Freezes.freeze_id]: row for row in sorted(rows, key=lambda r: r[Freezes.frozen_at], reverse=True)}
    return sorted(first.values(), key=lambda row: row[Freezes.frozen_at], reverse=True)


def reversals(lake: str, campaign_id: str, freeze_id: str | None = None) -> tuple[dict[str, Any], list[Reversal]]:
    """The freeze, the latest unless named, and whom people's word puts on its other side now; by account."""
    frozen = _named(lake, campaign_id, freeze_id)
    now = Now.of(_publication(lake, frozen))
    then = now.publication.read(Decisions, [Decisions.account, Decisions.verdict], now.spoken_of)
    verdict_then = {row[Decisions.account]: row[Decisions.verdict] for row in then.to_pylist()}
    changed = []
    for row in now.decisions(now.spoken_of, [Decisions.account_as_given]):
        before, after = verdict_then[row[Decisions.account]], row[Decisions.verdict]
        if (before == OUT) != (after == OUT):
            changed.append(_reversal(now, row, before))
    return frozen, sorted(changed, key=lambda one: one.account)


def export_frozen(lake: str, campaign_id: str, freeze_id: str | None, out: str, kind: str = "csv") -> dict[str, Any]:
    """Writes the list as it was frozen, the latest unless named, to the folder, whatever people or nights said since;
    returns the manifest. Raises LakeError where the lake holds another list by now.
    """
    frozen = _named(lake, campaign_id, freeze_id)
    publication = _publication(lake, frozen)
    rows = publication.read(DisqualifiedAccounts)
    if digest(sorted(rows[Decisions.account].to_pylist())) != frozen[Freezes.list_digest]:
        where, fix = f"freeze {frozen[Freezes.freeze_id]}", "Bring the table's versions back from a copy of the lake."
        raise LakeError(where, "the table lists other accounts than were frozen", "the list that was frozen", fix)
    named = {
        "freeze_id": frozen[Freezes.freeze_id],
        "frozen_at": instant(frozen[Freezes.frozen_at]),
        "list_digest": frozen[Freezes.list_digest],
    }
    return hand_over(out, handed_rows(rows), kind, about_run(publication.run, kind) | {"freeze": named})


def write_csv(path: str, rows: Sequence[Reversal]) -> None:
    """For spreadsheets, as an export is: a cell that one would run as a formula starts with one more apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(field.name for field in fields(Reversal))
    writer.writerows([cell(str(value)) for value in asdict(row).values()] for row in rows)
    storage_of(path).write(path, text.getvalue().encode())


def _named(lake: str, campaign_id: str, freeze_id: str | None) -> dict[str, Any]:
    """The freeze of this id, the latest without one."""
    for row in freezes(lake, campaign_id):
        if freeze_id in (None, row[Freezes.freeze_id]):
            return row
    found = f"no freeze {freeze_id or ''}".rstrip()
    raise InputError(f"campaign {campaign_id!r}", found, "a list that was frozen", "Freeze it: `abuse freeze`.")


def _publication(lake: str, frozen: dict[str, Any]) -> Publication:
    """As it was frozen, whatever was published since."""
    named = (frozen[Freezes.run_id], frozen[Freezes.attempt])
    run = next((r for r in runs(lake, frozen[Freezes.campaign_id]) if (r.run_id, r.attempt) == named), None)
    if run is None:
        where, fix = f"freeze {frozen[Freezes.freeze_id]}", "Bring the ledger of runs back from a copy."
        raise LakeError(where, f"run {named[0]} is not in the ledger", "the run that was frozen", fix)
    return Publication(lake, replace(run, versions=json.loads(frozen[Freezes.versions])))


def _reversal(now: Now, row: dict[str, Any], before: str) -> Reversal:
    """By the word that rules or, where it was taken back, by who took it back."""
    account = row[Decisions.account]
    word = now.words.get(account)
    rows = now.by_account[account]
    ruled = {one[Reviews.review_id] for one in rows if one[Reviews.action] in authority.SAID}
    undone = [one for one in rows if one[Reviews.supersedes] in ruled]
    by = word.ruling if word and word.ruling else (undone or rows)[-1]
    peoples = [reason for reason in row[Decisions.reasons] if authority.code(reason) in authority.PEOPLES_CODES]
    return Reversal(
        account=account,
        account_as_given=row[Decisions.account_as_given] or account,
        before=before,
        after=row[Decisions.verdict],
        reason=(peoples or ["undo: A person took an earlier decision back."])[0],
        actor=by[Reviews.actor],
        decided_at=by[Reviews.decided_at],
        review_id=by[Reviews.review_id],
    )
