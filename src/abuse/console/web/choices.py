"""What a form offers: actions as buttons say them, and the reasons that may stand for them."""

from __future__ import annotations

from abuse.words import PLAIN, REASONS

BUTTONS = {
    "split": "Split off",
    "note": "Remark only",
    "take": "Take it",
    "appeal_opened": "Appeal",
    "appeal_resolved": "Answer to appeal",
}


def reasons(actions: list[str]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Codes that may stand for these actions, by which of them: (what for, [(code, sentence, actions)])."""
    groups: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}
    for code, (sentence, may_be) in REASONS.items():
        ours = tuple(action for action in actions if action in may_be)
        if ours and not PLAIN.keys() & ours and not code.startswith("appeal_"):  # those come with an appeal's answer
            groups.setdefault(ours, []).append((code, sentence, " ".join(ours)))
    return [(_either([words_of(action).lower() for action in ours]), found) for ours, found in groups.items()]


def _either(options: list[str]) -> str:
    return f"{', '.join(options[:-1])} or {options[-1]}" if len(options) > 1 else options[0]


def words_of(action: str) -> str:
    """An action, as a button says it."""
    return BUTTONS.get(action, action.replace("_", " ").capitalize())
