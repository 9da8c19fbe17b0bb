"""What owners of accounts ask for, and the answers, as the ledger says them."""

from __future__ import annotations

from dataclasses import replace

from abuse import authority
from abuse.operate.page import printable
from abuse.review.checks import found_accounts, held_against
from abuse.review.refused import Conflict
from abuse.review.said import Decision, Said
from abuse.review.store import Place, Statement, decision_of, needs_second, write
from abuse.review.turns import in_turn
from abuse.settings import Review
from abuse.tables import Reviews
from abuse.words import LENIENT, OUTCOMES


@in_turn
def open_appeal(lake: str, campaign_id: str, said: Said, account: str) -> Decision:
    """Writes down that the owner asks for a review; once, however often it is asked while it is open."""
    now = held_against(lake, campaign_id, said)
    accounts = found_accounts(now, [account])
    word = now.words.get(accounts[0])
    if word and word.appeal:
        return decision_of([word.appeal], is_new=False)
    return write(now, [Statement(said=said, accounts=accounts)], 0)[0]


@in_turn
def resolve_appeal(
    lake: str, campaign_id: str, said: Said, account: str, outcome: str, rules: Review
) -> list[Decision]:
    """Answers an open appeal; granted, it overturns the verdict in the same commit. When that needs a second person the
    appeal stays open until then. Raises InputError when none is open and none was answered so.
    """
    said = replace(said, reason_code=OUTCOMES[outcome])
    now = held_against(lake, campaign_id, said)
    accounts = found_accounts(now, [account])
    word = now.words.get(accounts[0])
    if word is None or word.appeal is None:
        answers = [row for row in authority.living(now.rows) if row[Reviews.account] == accounts[0]]
        answers = [row for row in answers if row[Reviews.action] == "appeal_resolved"][-1:]
        if answers and answers[0][Reviews.reason_code] == said.reason_code:
            return [decision_of(answers, is_new=False)]
        found, fix = "has no open appeal", "Open it first: `abuse appeal open`."
        raise Conflict(f"account {printable(account)}", found, "one that its owner asked for", fix)
    answer = Statement(said=said, accounts=accounts)
    overturn = Statement(said=replace(said, action="overturn"), accounts=accounts)
    if outcome != "granted" or (word.ruling and word.ruling[Reviews.action] in LENIENT):
        return write(now, [answer], 0)
    waits = needs_second(now, overturn, Place.of(now, accounts), rules.max_alone)
    return write(now, [overturn] if waits else [answer, overturn], rules.max_alone)
