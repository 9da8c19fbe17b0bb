"""Farms whose operator has a life of its own: it pays any number of addresses that had a history before."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from tests.steps.attacks import DAY, EXCHANGE, World

FUNDED_AT, BEGUN_AT = 18 * DAY, 20 * DAY
SUM = 0.05
"""Coins that each account of the farm gets."""
FARM = tuple(f"farm{n:02d}" for n in range(12))
NUM_ADDED = (14, 200)
NUM_NEIGHBOURS = 20
"""Honest participants of each world; the operator pays some of them too."""
DUST = 0.0005
Shape = Callable[[World], None]


def star(w: World) -> None:
    for n, account in enumerate(FARM):
        w.pays("operator", account, SUM, FUNDED_AT + n / 60)


def own_contract(w: World) -> None:
    w.disperses("operator", "own-contract", FARM, SUM, FUNDED_AT)


def common_contract(w: World) -> None:
    """One that a list knows."""
    w.is_called("common-contract", "disperse")
    w.disperses("operator", "common-contract", FARM, SUM, FUNDED_AT)


def bought_alone(w: World) -> None:
    """The accounts have their gas from the exchange and had not acted when the operator paid them all at once."""
    for n, account in enumerate(FARM):
        w.pays(EXCHANGE, account, 0.001, FUNDED_AT - (n + 1) * DAY)
    common_contract(w)


def in_between(w: World) -> None:
    """Each account has a wallet of its own between the operator and itself."""
    for n, account in enumerate(FARM):
        w.pays("operator", f"{account}-gas", 2 * SUM, FUNDED_AT + n / 60)
        w.pays(f"{account}-gas", account, SUM, FUNDED_AT + 1 + n / 60)


def over_weeks(w: World) -> None:
    for n, account in enumerate(FARM):
        w.pays("operator", account, SUM, FUNDED_AT - (12 - n) * DAY)


def topped_up(w: World) -> None:
    """And pays each again after weeks."""
    star(w)
    for n, account in enumerate(FARM):
        w.pays("operator", account, SUM, FUNDED_AT + 30 * DAY + n / 60)


def collected(w: World) -> None:
    """And takes back what is left."""
    star(w)
    for n, account in enumerate(FARM):
        w.pays(account, "operator", SUM / 2, BEGUN_AT + 5 * DAY + n / 60)


def taking_part(w: World) -> None:
    star(w)
    w.joins("operator", BEGUN_AT)


def wallet_of_the_exchange(w: World) -> None:
    """And sells at a listed exchange, more often than it paid the farm."""
    star(w)
    for n in range(200):
        w.pays("operator", EXCHANGE, SUM, FUNDED_AT + n)


SHAPES: tuple[Shape, ...] = (
    *(star, own_contract, common_contract, bought_alone, in_between, over_weeks, topped_up, collected, taking_part),
    wallet_of_the_exchange,
)
LIKE_AN_EMPLOYER = (over_weeks, topped_up)
"""Whoever funds over weeks, or again and again, passes for an employer if it pays those it knows as much."""


def lives() -> list[World]:
    """Each shape with each number of payments added."""
    cases = itertools.product(SHAPES, NUM_ADDED)
    return [operator_with_a_life(shape, num, seed) for seed, (shape, num) in enumerate(cases)]


def operator_with_a_life(shape: Shape, num: int, seed: int) -> World:
    w = World(f"{shape.__name__} and {num}", random.Random(seed))
    w.is_known_exchange()
    w.pays(EXCHANGE, "operator", 90.0, 1)
    shape(w)
    w.acts_in_a_row(list(FARM), BEGUN_AT)
    established = strangers(w, num)
    beside = neighbours(w)
    if shape is not taking_part:  # or it would be their friend inside the campaign
        established += beside
    for who, since, takes_part in w.rng.sample(established, num):
        most = SUM / 2 if takes_part and shape in LIKE_AN_EMPLOYER else 4 * SUM
        pay_established(w, who, w.rng.uniform(DUST, most), since + w.rng.uniform(1, 30 * DAY))
    return w


def pay_established(w: World, who: str, amount: float, at: float) -> None:
    """Directly or through a contract, and now and then it pays back."""
    if w.rng.random() < 0.3:
        w.disperses("operator", "common-contract" if w.labels[1:] else "own-contract", [who], amount, at)
    else:
        w.pays("operator", who, amount, at)
    if w.rng.random() < 0.4:
        w.pays(who, "operator", amount, at + w.rng.uniform(1, DAY))


def strangers(w: World, num: int) -> list[tuple[str, float, bool]]:
    """Who, since when it has a history, and whether it takes part."""
    found = []
    for who in (f"stranger{n:03d}" for n in range(num)):
        since = w.rng.uniform(0, 5 * DAY)
        w.pays(f"{who}-bank", who, 1.0, since)
        w.pays(who, f"{who}-shop", 0.1, since + 1)
        found.append((who, since + 2, False))
    return found


def neighbours(w: World) -> list[tuple[str, float, bool]]:
    found = []
    for who in (f"neighbour{n:02d}" for n in range(NUM_NEIGHBOURS)):
        began = w.rng.uniform(10 * DAY, 60 * DAY)
        w.honest(who, began)
        found.append((who, began + 1, True))
    return found


LIVES = lives()
