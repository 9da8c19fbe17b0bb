"""How accounts get their first coins: one law of routes for all, shared payers within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.hard import kinds
from tests.hard.actors import Cast
from tests.hard.draws import ranked
from tests.hard.groups import Groups
from tests.hard.laws import DAY_S, Floats, Ints
from tests.hard.ledger import ETH_GWEI, Actors, Ledger, gwei
from tests.hard.people import Members

SHARES = np.array(kinds.STRUCTURE_SHARES)
PASSED_ON_RATE = 0.2
"""Payments to others per account: those of chains and trees are this many on average, the rest pay outsiders."""
DISPERSED = 1
BRIDGED = 2
"""methods"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payers:
    """Who pays each account first, by which route, and the payers that are private and outside the campaign."""

    route: Ints
    payer: Ints
    private: Ints
    private_first_at: Ints
    hub: Ints
    """a group's first hub; -1 for groups without"""


def routes(rng: np.random.Generator, members: Members, groups: Groups) -> Ints:
    """Accounts that nobody pays jointly come by the routes of the others, in the same shares."""
    own_shares = np.array([SHARES[: kinds.DISPERSE].sum(), *SHARES[kinds.DISPERSE : kinds.OWN]])
    alone = rng.choice(
        [kinds.STAR, kinds.DISPERSE, kinds.EXCHANGE, kinds.BRIDGE], len(members.group), p=own_shares / own_shares.sum()
    )
    route = members.per_account(groups.structure, kinds.OWN).astype(np.int64)
    return np.where(route == kinds.OWN, alone, route)


def parents(rng: np.random.Generator, members: Members, funded_at: Ints, route: Ints) -> Ints:
    """The account that pays this one in chains and trees; -1 where an outsider does."""
    place = ranked(funded_at.astype(np.float64), members.group)
    size = np.bincount(members.group)[members.group]
    order = np.lexsort((place, members.group))
    start = (np.cumsum(np.bincount(members.group)) - np.bincount(members.group))[members.group]
    trunk = np.ceil(np.sqrt(size)).astype(np.int64)
    up = np.where(route == kinds.CHAIN, place - 1, (rng.random(len(place)) * np.minimum(trunk, place)).astype(np.int64))
    has_parent = np.where(route == kinds.CHAIN, place > 0, (route == kinds.TREE) & (place >= trunk))
    return np.where(has_parent, order[start + np.maximum(up, 0)], -1)


def payers(
    rng: np.random.Generator, members: Members, groups: Groups, cast: Cast, actors: Actors, drawn: tuple[Ints, Ints]
) -> Payers:
    funded_at, source = drawn
    route = routes(rng, members, groups)
    hubs = actors.new(int(groups.hubs.sum()))
    first_hub = np.cumsum(groups.hubs) - groups.hubs
    nth_hub = (rng.random(len(route)) * members.per_account(groups.hubs, 1)).astype(np.int64)
    own = actors.new(len(route))
    is_joint = members.per_account(groups.structure, kinds.OWN) != kinds.OWN
    private = np.where(is_joint, hubs[first_hub[np.minimum(members.group, members.num_groups - 1)] + nth_hub], own)
    parent = parents(rng, members, funded_at, np.where(is_joint, route, kinds.OWN))
    payer = np.where(parent >= 0, parent, private)
    payer = np.where(route == kinds.EXCHANGE, cast.exchanges[source], payer)
    payer = np.where(route == kinds.BRIDGE, cast.relayers[source], payer)
    is_private = payer == private
    known, where = np.unique(private[is_private], return_inverse=True)
    first = np.full(len(known), np.iinfo(np.int64).max)
    np.minimum.at(first, where, funded_at[is_private])
    return Payers(route=route, payer=payer, private=known, private_first_at=first, hub=hubs[first_hub])


def pay_first_coins(ledger: Ledger, cast: Cast, paid: Payers, habits: tuple[Ints, Floats, Ints, Ints]) -> None:
    """One payment in for every account; disperse and bridge pay from inside a contract's call."""
    funded_at, fund_eth, source, tip_milli = habits
    amount = gwei(fund_eth)
    plain = np.isin(paid.route, [kinds.STAR, kinds.CHAIN, kinds.TREE, kinds.EXCHANGE])
    is_account = paid.payer < len(amount)
    payer_tip = np.where(is_account, tip_milli[np.where(is_account, paid.payer, 0)], tip_milli)
    payer_tip = np.where(paid.route == kinds.EXCHANGE, 2_000, payer_tip)
    ledger.calls.add(
        at=funded_at[plain],
        sender=paid.payer[plain],
        to=cast.accounts[plain],
        gwei=amount[plain],
        method=0,
        tip_milli=payer_tip[plain],
    )
    bridged = np.flatnonzero(paid.route == kinds.BRIDGE)
    call = ledger.calls.add(
        at=funded_at[bridged],
        sender=paid.payer[bridged],
        to=cast.bridges[source[bridged]],
        gwei=0,
        method=BRIDGED,
        tip_milli=1_000,
    )
    ledger.inner.add(call=call, sender=cast.bridges[source[bridged]], to=cast.accounts[bridged], gwei=amount[bridged])
    dispersed = np.flatnonzero(paid.route == kinds.DISPERSE)
    key = np.stack([paid.payer[dispersed], funded_at[dispersed]])
    batch, first, which = np.unique(key, axis=1, return_index=True, return_inverse=True)
    total = np.bincount(which.ravel(), weights=amount[dispersed]).astype(np.int64)
    call = ledger.calls.add(
        at=batch[1],
        sender=batch[0],
        to=cast.disperse,
        gwei=total,
        method=DISPERSED,
        tip_milli=tip_milli[dispersed][first],
    )
    ledger.inner.add(
        call=call[which.ravel()], sender=cast.disperse, to=cast.accounts[dispersed], gwei=amount[dispersed]
    )


def pay_others(rng: np.random.Generator, ledger: Ledger, cast: Cast, paid: Payers, habits: tuple[Ints, Ints]) -> None:
    """Payers had coins from an exchange and pay outsiders too, as do accounts outside chains and trees."""
    funded_at, tip_milli = habits
    n = len(paid.private)
    ago = (rng.random(n) ** 2 * 20 * DAY_S).astype(np.int64) + 300
    exchange = cast.exchanges[(rng.random(n) ** 2 * len(cast.exchanges)).astype(np.int64)]
    first_gwei = gwei(np.round(np.exp(rng.normal(0, 0.8, n)), 2) + 0.1)
    ledger.calls.add(
        at=paid.private_first_at - ago, sender=exchange, to=paid.private, gwei=first_gwei, method=0, tip_milli=2_000
    )
    others = np.repeat(np.arange(n), rng.poisson(1.0, n))
    at = paid.private_first_at[others] + rng.integers(0, 20 * DAY_S, len(others))
    _pay_shops(rng, ledger, cast, paid.private[others], at, np.full(len(others), 1_000))
    settled = np.isin(paid.route, [kinds.CHAIN, kinds.TREE])
    paying = np.flatnonzero(~settled & (rng.random(len(settled)) < PASSED_ON_RATE))
    at = funded_at[paying] + rng.integers(600, 10 * DAY_S, len(paying))
    _pay_shops(rng, ledger, cast, cast.accounts[paying], at, tip_milli[paying])


def _pay_shops(rng: np.random.Generator, ledger: Ledger, cast: Cast, sender: Ints, at: Ints, tip_milli: Ints) -> None:
    n = len(sender)
    amount = (np.round(np.exp(rng.normal(-5, 0.8, n)), 4) * ETH_GWEI).astype(np.int64) + 100_000
    ledger.calls.add(
        at=at,
        sender=sender,
        to=cast.shops[rng.integers(0, len(cast.shops), n)],
        gwei=amount,
        method=0,
        tip_milli=tip_milli,
    )
