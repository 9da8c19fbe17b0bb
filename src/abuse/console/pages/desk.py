"""What a page with people's word on it is answered from, and what its reader may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from abuse.console.act.outcomes import Line
from abuse.console.asked import Done, FromDoor, FromKept, FromLedgers, FromOutcomes, FromView, Past
from abuse.console.kept import Kept
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.model import View
from abuse.console.read.now import Spoken, spoken
from abuse.console.who.person import Visitor


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """One publication, what people said held against it, and who looks."""

    view: View
    ledgers: Ledgers
    kept: Kept
    people: Spoken
    who: Visitor | None
    as_of: datetime | None
    """The night, unless it is the current one."""
    outcome: list[Line]
    """What came of the form that led here."""

    @property
    def num_heard(self) -> int:
        """Rows of the ledger that the page knows, so that its forms can be told what came after."""
        return len(self.people.rows)

    @property
    def shown(self) -> str:
        """The run whose night the page shows, so that its forms do not decide on another."""
        return self.view.publication.run.run_id

    @property
    def reader(self) -> str:
        """Their name; nothing where there is no login."""
        return self.who.person.name if self.who else ""

    def allowed(self, actions: Iterable[str]) -> list[str]:
        """What of these the reader may do; decisions are about the current night alone."""
        person = self.who.person if self.who and self.as_of is None else None
        return [action for action in actions if person and person.may(action)]


def desk(
    view: FromView, ledgers: FromLedgers, kept: FromKept, outcomes: FromOutcomes, who: FromDoor, as_of: Past,
    done: Done = "",
) -> Desk:  # fmt: skip
    people, outcome = spoken(view, ledgers, kept), outcomes.get(who, done)
    return Desk(view=view, ledgers=ledgers, kept=kept, people=people, who=who, as_of=as_of, outcome=outcome)


FromDesk = Annotated[Desk, Depends(desk)]


def part_of(request: Request) -> str:
    """The id of the part that the page itself asks for; nothing where the whole page is wanted."""
    is_part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return request.headers.get("hx-target", "part") if is_part else ""
