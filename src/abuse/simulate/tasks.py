"""Seed -> the campaign's tasks: what each is called, what its call looks like, and how many do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NAMES = (
    *("swap", "bridge", "deposit", "stake", "mint", "vote", "lend", "borrow", "register", "refer", "wrap", "bid"),
    *("quest", "pool"),
)
CLAIM = -1
"""Instead of a task's number: the call that takes the reward."""
TRIP, FEE, CALL = 0, 1, 2
"""What a task does with coins: they come back less a fee, a little stays, or nothing moves."""
SORT_WEIGHTS = (0.55, 0.15, 0.3)


@dataclass(frozen=True)
class Tasks:
    """One entry per task in every array; the contract of each is the world's."""

    names: tuple[str, ...]
    selectors: NDArray[np.uint32]
    """Four bytes that start the call's input."""
    popularity: NDArray[np.float64]
    sort: NDArray[np.int8]
    is_proxied: NDArray[np.bool_]
    """Whether the contract hands the call to the code behind it."""

    def __len__(self) -> int:
        return len(self.names)


def drawn_tasks(rng: np.random.Generator, n: int) -> Tasks:
    """Popularity falls like a power of the rank, as with contracts everywhere."""
    sort = rng.choice([TRIP, FEE, CALL], n, p=SORT_WEIGHTS)
    sort[:2] = TRIP  # every campaign moves money
    weights = np.arange(1, n + 1) ** -rng.uniform(0.5, 1.2)
    proxied = rng.random(n) < 0.5  # noqa: PLR2004
    proxied[0] = True
    order = rng.permutation(n)
    return Tasks(
        names=tuple(str(name) for name in rng.permutation(NAMES)[:n]),
        selectors=rng.integers(1, 2**32, n, dtype=np.uint32),
        popularity=(weights / weights.sum())[order],
        sort=sort[order].astype(np.int8),
        is_proxied=proxied[order],
    )


def task_lists(rng: np.random.Generator, tasks: Tasks, n: int) -> NDArray[np.int8]:
    """For each of `n`, all tasks in the order they would do them: popular ones are likely to come first (Gumbel)."""
    liking = np.log(tasks.popularity) + rng.gumbel(size=(n, len(tasks)))
    return np.argsort(-liking, axis=1).astype(np.int8)


def in_page_order(lists: NDArray[np.int8], num: NDArray[np.int64]) -> NDArray[np.int8]:
    """The same choice, done from the top of the page down."""
    place = np.arange(lists.shape[1])
    chosen = place < num[:, None]
    keys = np.where(chosen, lists, lists.shape[1] + place)
    return np.take_along_axis(lists, np.argsort(keys, axis=1, kind="stable"), axis=1)
