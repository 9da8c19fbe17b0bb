"""Giants come apart at their weakest links first, and what strong links hold stays whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from abuse.steps.clusters.split import STRONG, levels, parts

Edge = tuple[int, int, bool, int]
"""Two vertices, whether more than direct payments tie them, how many payments."""


def clique(first: int, num: int, n: int = 2) -> list[Edge]:
    return [(a, b, False, n) for a, b in itertools.combinations(range(first, first + num), 2)]


CASES: dict[str, tuple[list[Edge], int, list[set[int]]]] = {
    # name: edges, the largest size believed -> the parts of two or more
    "nothing is cut below the limit": ([(0, 1, False, 1), (1, 2, False, 1)], 3, [{0, 1, 2}]),
    "two groups that one payment joins come apart there": (
        [*clique(0, 5), *clique(5, 5), (0, 5, False, 1)],
        6,
        [{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}],
    ),
    "a star of funding stays whole, however large": ([(0, n, True, 1) for n in range(1, 20)], 6, [set(range(20))]),
    "a chain of funding stays whole": ([(n, n + 1, True, 1) for n in range(19)], 6, [set(range(20))]),
    "single payments alone hold no giant together": ([(n, n + 1, False, 1) for n in range(9)], 6, []),
    "a farm keeps its members and loses whom it only paid once": (
        [*[(0, n, True, 1) for n in range(1, 8)], *[(n, n + 20, False, 1) for n in range(1, 8)]],
        10,
        [set(range(8))],
    ),
    "repeated payments are cut only where single ones did not help": (
        [*clique(0, 4), *clique(4, 4), (0, 4, False, 3), (3, 8, False, 1), (7, 9, False, 1)],
        8,
        [set(range(8))],
    ),
    "a part small enough keeps its weak links": (
        [*clique(0, 5), *clique(5, 5), (0, 5, False, 1), (20, 21, False, 1), (21, 22, False, 1)],
        6,
        [{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}, {20, 21, 22}],
    ),
}


@pytest.mark.parametrize(("edges", "most", "groups"), CASES.values(), ids=CASES)
def test_what_is_left_of_a_giant(edges: list[Edge], most: int, groups: list[set[int]]) -> None:
    a, b, strong, n = (np.array(column, dtype=np.int64) for column in zip(*edges, strict=True))
    found = parts(a, b, levels(a, b, strong, n), most)
    whole = [set(np.flatnonzero(found == part).tolist()) for part in np.unique(found)]
    assert sorted((group for group in whole if len(group) > 1), key=min) == groups


def test_the_order_of_edges_changes_nothing() -> None:
    edges = [*clique(0, 6), *clique(6, 6, n=1), (0, 6, False, 1), (1, 12, True, 1), (12, 13, False, 2)]
    rng = np.random.default_rng(3)
    answers = set()
    for _ in range(20):
        mixed = [edges[i] for i in rng.permutation(len(edges))]
        a, b, strong, n = (np.array(column, dtype=np.int64) for column in zip(*mixed, strict=True))
        answers.add(tuple(parts(a, b, levels(a, b, strong, n), 7).tolist()))
    assert len(answers) == 1


def test_a_common_neighbour_is_found_as_by_looking_at_every_vertex() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        pairs = list(itertools.combinations(range(12), 2))
        some = [pairs[i] for i in rng.permutation(len(pairs))[: rng.integers(1, 40)]]
        a, b = (np.array(column, dtype=np.int64) for column in zip(*some, strict=True))
        strong = rng.integers(0, 2, len(a))
        ties = {frozenset(pair) for pair in some}
        third = [any({frozenset((x, v)), frozenset((y, v))} <= ties for v in range(12)) for x, y in some]
        wanted = [STRONG if s else int(t) for s, t in zip(strong, third, strict=True)]
        assert levels(a, b, strong, np.ones_like(a)).tolist() == wanted


def test_a_star_of_a_hundred_thousand_costs_no_more_than_its_edges() -> None:
    """Every pair of its leaves has the hub in common; they are not written out."""
    leaves = np.arange(1, 100_001)
    found = levels(np.zeros_like(leaves), leaves, leaves % 2, np.ones_like(leaves))
    assert set(found.tolist()) == {0, STRONG}


def test_levels_say_how_hard_an_edge_is_to_doubt() -> None:
    edges = [(0, 1, False, 1), (1, 2, False, 2), (2, 3, False, 1), (1, 3, False, 2), (3, 4, True, 1)]
    a, b, strong, n = (np.array(column, dtype=np.int64) for column in zip(*edges, strict=True))
    assert levels(a, b, strong, n).tolist() == [0, 2, 1, 2, STRONG]
