"""What others said of the same accounts while a form stood open: both are kept, and who spoke second is told."""

from __future__ import annotations

from collections import Counter

from abuse.console.act.forms import Form
from abuse.console.act.outcomes import Line
from abuse.console.read.ledgers import Ledgers
from abuse.console.web.choices import words_of
from abuse.console.who.person import Visitor
from abuse.review.said import Decision
from abuse.tables import Reviews

MOST_DIGITS = 9


def meanwhile(ledgers: Ledgers, campaign_id: str, who: Visitor, form: Form, found: Decision) -> list[Decision | Line]:
    """The decision, and a line for each who said something; `heard` is how many rows the ledger had when the form was
    made.
    """
    heard = form.one("heard")
    if not found.is_new or not heard.isdecimal() or len(heard) > MOST_DIGITS:
        return [found]
    ledgers.refresh()
    about = set(found.accounts)
    said = Counter(
        (row[Reviews.actor], row[Reviews.action])
        for row in ledgers.reviews(campaign_id)[int(heard) :]
        if row[Reviews.account] in about and not who.person.is_called(row[Reviews.actor])
    )
    return [found, *(Line(is_done=True, text=_told(*one, num)) for one, num in said.items())]


def _told(actor: str, action: str, num: int) -> str:
    if action == "take":
        return f"Meanwhile {actor} took it too, and may be at work on it."
    many = f"{num:,} of these accounts" if num > 1 else "this account"
    return f"Meanwhile {actor} said: {words_of(action)}, of {many}. Both are kept, and the later counts."
