"""What a person may decide about an account, in which role and for which reasons: the words of the ledger.

It imports nothing, so that `abuse review --help` answers at once.
"""

from __future__ import annotations

VERDICTS = ("disqualified", "review", "clear", "exempt", "not_analysed")
ACTIONS = {  # what each says of the account
    "confirm": "it is out",
    "overturn": "it is not out, and the machine never puts it out again in this campaign",
    "split": "it is no part of its group, and so not out",
    "hold": "it waits: not out, and not cleared",
    "exempt": "it is exempt, whatever is found or decided",
    "note": "a remark; decides nothing",
    "take": "somebody works on it; decides nothing",
    "appeal_opened": "its owner asks for a review",
    "appeal_resolved": "the owner has an answer",
    "approve": "a second person agrees with a decision that needs two",
    "undo": "an earlier decision no longer counts",
}
ROLES = ("viewer", "reviewer", "approver")
"""Each may do what those before it may."""
_LEAST_ROLE = {"note": "viewer", "appeal_opened": "viewer", "approve": "approver"}
FLAGGED = ("disqualified", "review")
"""Verdicts that say something against an account."""
PLAIN = {"note": "remark", "take": "at_work"}
"""What needs no reason of one's own, and the code that stands for it."""
CHANGES_NOTHING = (*PLAIN, "appeal_opened")
"""What leaves every verdict as it is."""
LENIENT = ("overturn", "split", "exempt")
"""What lets accounts off: of many at once it needs a second person."""
OUTCOMES = {"granted": "appeal_granted", "denied": "appeal_denied", "withdrawn": "appeal_withdrawn"}
"""How an appeal may end, and the reason code that says so."""

_DOUBTS = (*LENIENT, "hold")
REASONS: dict[str, tuple[str, tuple[str, ...]]] = {  # code -> what a reader is told, the actions it may stand for
    "one_operator": ("one operator runs the group", ("confirm",)),
    "self_reported": ("its owner reported it", ("confirm",)),
    "outside_evidence": ("evidence from elsewhere decides it", ("confirm", *_DOUBTS)),
    "shared_payer": ("its payer pays many people, as an employer or a shop does", _DOUBTS),
    "shared_service": ("the address that ties it serves many people", _DOUBTS),
    "acquaintances": ("the group is people who know each other", _DOUBTS),
    "chance": ("what it has in common with others is chance", _DOUBTS),
    "wrong_data": ("the data behind the verdict was wrong", _DOUBTS),
    "not_of_group": ("nothing that counts ties it to the group", ("split",)),
    "own_team": ("it belongs to the campaign's team or to a partner", ("exempt",)),
    "needs_facts": ("facts are missing", ("hold",)),
    "second_opinion": ("another person should look", ("hold",)),
    "owner_asked": ("its owner asked for a review", ("appeal_opened", "hold")),
    "appeal_granted": ("its owner's appeal was granted", ("appeal_resolved", "overturn", "exempt")),
    "appeal_denied": ("its owner's appeal was denied", ("appeal_resolved", "confirm")),
    "appeal_withdrawn": ("its owner took the appeal back", ("appeal_resolved",)),
    "remark": ("a remark", ("note",)),
    "at_work": ("somebody works on it", ("take",)),
    "agreed": ("a second person agrees", ("approve",)),
    "mistake": ("it was a mistake", ("undo",)),
    "new_facts": ("facts came up that were not known then", ("undo",)),
    "let_go": ("it is left to others", ("undo",)),
}


def least_role(action: str) -> str:
    """The least role that may do this."""
    return _LEAST_ROLE.get(action, "reviewer")


def reasons_for(action: str) -> list[str]:
    """The codes that may stand for this action."""
    return [code for code, (_, actions) in REASONS.items() if action in actions]
