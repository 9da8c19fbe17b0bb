"""Codes of what a transaction calls, a byte each in the ledger, and what they look like in the files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.tasks import Tasks

PAY, SWAP, TRANSFER, APPROVE, CLAIM, RELAY, DISPERSE, AIRDROP = range(8)
FIRST_TASK = 8
"""The code of the campaign's first task; the others follow."""
FIXED = (0, 0x7FF36AB5, 0xA9059CBB, 0x095EA7B3, 0x4E71D92D, 0x8D80FF0A, 0xE63D38ED, 0x67243482)
GAS = (21_000, 140_000, 52_000, 46_000, 88_000, 75_000, 210_000, 240_000)
TASK_GAS = 120_000


def inputs(tasks: Tasks) -> list[str]:
    """The input of each code, selector only."""
    return ["0x", *(f"0x{selector:08x}" for selector in (*FIXED[1:], *tasks.selectors.tolist()))]


def usual_gas(tasks: Tasks) -> NDArray[np.int32]:
    """Of each code; a task's differs with its selector."""
    own = TASK_GAS // 2 + tasks.selectors.astype(np.int64) % TASK_GAS
    return np.append(np.array(GAS), own).astype(np.int32)
