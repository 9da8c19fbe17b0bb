"""Groups are what their kind says: enough look-alikes, sizes as published, money and time tied as each kind's name."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from abuse.simulate import write_campaign
from abuse.simulate.groups import CANDIDATE, FARMS, GIANT, LOOK_ALIKES, MIXTURE, farm_sizes, groups
from abuse.simulate.priors import drawn_priors
from tests.simulate.alone import Played, played
from tests.simulate.written import Files, read_csv

CRUDE = ("0", "1")


@pytest.mark.parametrize(("accounts", "seed"), [(100, 1), (300, 2), (2_000, 3)])
def test_farms_take_their_share_and_look_alikes_are_at_least_half_of_the_groups(
    accounts: int, seed: int, tmp_path: Path
) -> None:
    write_campaign(tmp_path, accounts=accounts, seed=seed)
    truth = read_csv(tmp_path / "truth.csv")
    assert len(truth) == accounts
    share = drawn_priors(np.random.default_rng([seed, accounts])).farm_share
    farmed = sum(row["is_farm"] == "1" for row in truth)
    assert abs(farmed - max(share * accounts, CANDIDATE)) <= 2
    sizes = Counter((row["group_id"], row["group_kind"]) for row in truth if row["group_id"])
    candidates = [kind for (_, kind), size in sizes.items() if size >= CANDIDATE]
    assert 2 * sum(kind in LOOK_ALIKES for kind in candidates) >= len(candidates)


def test_every_kind_comes_at_every_level_about_equally_often() -> None:
    found = [group for seed in range(20) for group in groups(np.random.default_rng(seed), 4_000, 0.2)]
    times = Counter((group.kind, group.level) for group in found if group.level is not None)
    assert {kind for kind, _ in times} == {*FARMS, MIXTURE}
    assert set(LOOK_ALIKES) == {group.kind for group in found if group.level is None}
    levels = Counter(level for _, level in times.elements())
    assert max(levels.values()) < 1.25 * min(levels.values())
    assert all(times[kind, level] for kind in FARMS for level in range(4))
    for mixture in (group for group in found if group.kind == MIXTURE and len(group.members) >= 20):
        assert 0.55 <= mixture.is_farmed.mean() <= 0.95


def test_farm_sizes_are_mostly_small_with_a_tail_under_the_cap() -> None:
    sizes = farm_sizes(np.random.default_rng(1), 300_000, 0.15)
    assert 1_000 < max(sizes) <= GIANT
    assert min(sizes[:-1]) >= 2
    assert np.median(sizes) < 12 < np.mean(sizes)


def test_members_are_funded_as_their_groups_kind_says(files: Files) -> None:
    gas = files.first_gas()
    checked = set()
    for members in files.groups().values():
        first = [gas[member] for member in members if member in gas]
        kind, level = files.kind(members), files.level(members)
        if kind not in WHO_PAYS or (kind in FARMS and level not in CRUDE) or len(first) < 2:
            continue
        checked.add(kind)
        payers = {move["from_address"] for move in first}
        signers = {files.by_hash[move["transaction_hash"]]["from_address"] for move in first}
        outside = payers - set(members)
        one = {"payers": payers, "signers": signers, "outside": outside}[WHO_PAYS[kind]]
        assert len(one) == 1, kind
    assert len(checked) >= 5, checked


WHO_PAYS = {
    "star": "payers",
    "chain": "outside",
    "tree": "outside",
    "disperse": "signers",
    "exchange_batch": "payers",
    "bridge_batch": "payers",
    "exchange_crowd": "payers",
    "relayer_crowd": "signers",
    "family": "outside",
}
"""What of the members' first gas is one and the same."""


@pytest.fixture(scope="module")
def campaigns() -> list[Played]:
    return [played(1_000, seed) for seed in range(700, 712)]


def test_farms_end_in_few_sinks_where_their_kind_says_so_and_unlinked_ones_share_no_address(
    campaigns: list[Played],
) -> None:
    for campaign in campaigns:
        plan = campaign.plan
        for group in campaign.found:
            sinks, n = set(plan.sink[group.members].tolist()), len(group.members)
            if group.kind in ("sink_only", "exchange_batch") and group.level in (0, 1):
                assert len(sinks) == 1
            elif group.kind == "behaviour_only":
                assert len(sinks) == n
                own = plan.payer[group.members]
                assert not np.isin(own, plan.address).any()
            elif group.kind == "victims" and plan.cashes_out[group.members[0]]:
                assert len(sinks) == 1


def test_crude_farms_run_in_one_queue_and_the_best_hidden_ones_over_days(campaigns: list[Played]) -> None:
    within = defaultdict(list)
    for campaign in campaigns:
        for group in campaign.found:
            if group.level is not None and len(group.farmed) >= 10:
                within[group.level].append(np.ptp(campaign.plan.first_at[group.farmed]) / 86_400)
    assert np.median(within[0] + within[1]) < 1.5  # most: not every farm ties its times
    assert np.median(within[2]) < np.median(within[3])
    assert np.median(within[3]) > 1


def test_everybody_is_funded_before_they_act_and_nobody_after_the_campaign(campaigns: list[Played]) -> None:
    for campaign in campaigns:
        plan = campaign.plan
        assert (plan.funded_at < plan.first_at)[~plan.is_hidden].all()
        assert (plan.first_at >= 0).all()
        assert (plan.first_at < campaign.world.length).all()
