"""One decision after another: what it was checked against is still so when it is written.

Those of one process wait for each other. One that was written elsewhere in between is seen by the ledger, and then the
whole question is asked again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from abuse.errors import LakeError
from abuse.lake.ledger import LONGEST_WAIT_S, Overtaken

TRIES = 60
"""As many writers elsewhere may come in between."""
P = ParamSpec("P")
T = TypeVar("T")


def in_turn(ask: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
    """For a function of a lake that reads its ledger, checks what is asked, and writes. Raises LakeError when others
    are ahead every time.
    """

    @wraps(ask)
    def asked(lake: str, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for tried in range(TRIES):
            with _turn(lake), suppress(Overtaken):
                return ask(lake, *args, **kwargs)
            time.sleep(random.uniform(0, min(LONGEST_WAIT_S, 0.02 * 2**tried)))  # without the turn: others go on
        raise LakeError(f"lake {lake}: reviews", f"others wrote {TRIES} times in between", "a turn", "Try again.")

    return asked


@cache
def _turn(lake: str) -> Lock:
    return Lock()
