"""What came of a form, told on the page that it leads back to."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from starlette.responses import RedirectResponse, Response

from abuse.console.read.ledgers import Ledgers
from abuse.console.who.person import Visitor
from abuse.errors import InputError, LakeError
from abuse.plurals import counted
from abuse.review.refused import Changed, Outdated
from abuse.review.said import Decision
from abuse.words import CHANGES_NOTHING

MOST_KEPT = 500
DID = {
    "confirm": "Confirmed",
    "overturn": "Overturned",
    "split": "Split off",
    "hold": "Held",
    "exempt": "Exempted",
    "note": "Remark kept of",
    "take": "Taken:",
    "appeal_opened": "Appeal opened of",
    "appeal_resolved": "Appeal answered of",
    "approve": "Approved for",
    "undo": "Taken back for",
}
WAITS = {"overturn": "Overturning", "split": "Splitting off", "exempt": "Exempting"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What became of one thing that was asked."""

    is_done: bool
    text: str
    about: str = ""
    """The cluster or account, where several were asked about."""
    decision_id: str = ""
    """What an undo would take back."""
    counts_later: bool = False
    """Whether public tables do not know it yet."""
    goes_on: bool = False
    """Whether who said it is through with what it is about."""
    note: str = ""
    """What was typed beside a word that is not in the ledger, and must not be typed again."""
    noted: str = ""
    """Id of the field that it was typed into."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """The latest, each shown to who asked for it and to nobody else."""

    note: str = ""
    """Of the form that is answered, as `noted`."""
    noted: str = ""
    _found: OrderedDict[tuple[str, str], list[Line]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, who: Visitor, lines: list[Line]) -> str:
        name = secrets.token_hex(8)
        if not any(one.is_done for one in lines):
            lines = [replace(one, note=self.note, noted=self.noted) for one in lines]
        with self._lock:
            self._found[who.person.name, name] = lines
            while len(self._found) > MOST_KEPT:
                self._found.popitem(last=False)
        return name

    def get(self, who: Visitor | None, name: str) -> list[Line]:
        with self._lock:
            return self._found.get((who.person.name, name), []) if who else []


def done(found: Decision, about: str = "") -> Line:
    """A word that is in the ledger."""
    many = counted(len(found.accounts), "account")
    text = f"{DID[found.action]} {many}."
    if found.needs_approval:
        text = f"{WAITS[found.action]} {many} waits for a second person: it counts once another approver agrees."
    if found.taken_from:
        text = f"{text} {found.taken_from} had it until then."
    if not found.is_new:
        text = f"{text} That was in the ledger already."
    later = found.action not in CHANGES_NOTHING and not found.needs_approval
    undone = "" if found.action == "undo" else found.decision_id
    goes_on = found.action != "take"
    return Line(is_done=True, text=text, about=about, decision_id=undone, counts_later=later, goes_on=goes_on)


def not_done(why: InputError | LakeError, about: str = "") -> Line:
    """A word that was refused, or that the lake did not take."""
    said = f"{why.found}, wanted {why.wanted}."
    if isinstance(why, LakeError):
        said = f"{why.where}: {said} {why.fix}"
    if isinstance(why, Changed):
        what = why.found if isinstance(why, Outdated) else "its members are others than those you saw"
        said = f"{what}. Look at it as it is now, then decide; a night that was just published takes a moment to show."
    return Line(is_done=False, text=f"Nothing was written: {said}", about=about)


def line(found: Decision | InputError, about: str = "") -> Line:
    return not_done(found, about) if isinstance(found, InputError) else done(found, about)


def told(ledgers: Ledgers, act: Callable[[], Sequence[Decision | Line]]) -> list[Line]:
    """Does it; what is refused is a line on the page and not another page."""
    try:
        return [one if isinstance(one, Line) else line(one) for one in act()]
    except (InputError, LakeError) as why:
        return [not_done(why)]
    finally:
        ledgers.refresh()


def back(outcomes: Outcomes, who: Visitor, lines: list[Line], page: str, anchor: str = "") -> Response:
    """To the page, which tells them; to load it again sends nothing again."""
    mark = "&" if "?" in page else "?"
    return RedirectResponse(f"{page}{mark}done={outcomes.put(who, lines)}{anchor}", 303)
