"""Who has to ask again because others wrote in between keeps nobody waiting meanwhile."""

from __future__ import annotations

import time
from threading import Thread

import pytest

from abuse.lake.ledger import Overtaken
from abuse.review.turns import in_turn


def test_others_go_on_while_one_waits_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @in_turn
    def ask(_lake: str, who: str) -> None:
        if who == "overtaken" and not done:
            raise Overtaken
        done.append(who)

    def meanwhile(_: float) -> None:
        other = Thread(target=ask, args=("lake", "quick"), daemon=True)
        other.start()
        other.join(5)

    monkeypatch.setattr(time, "sleep", meanwhile)
    ask("lake", "overtaken")
    assert done == ["quick", "overtaken"]
