"""Nobody is given away alone: a classifier on single accounts must not find the farms that are only tied together."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from abuse.simulate import write_campaign
from abuse.simulate.groups import CAREFUL
from tests.simulate.alone import Numbers, Played, numbers, played
from tests.simulate.written import read_csv

CAMPAIGNS, ACCOUNTS = 24, 1_000
NUM_WRITTEN, NUM_WRITTEN_ACCOUNTS = 12, 600
FEW_FARMED = 10
Labelled = tuple[Numbers, NDArray[np.bool_]]
"""One row of numbers per account, and whether a farm runs it."""


@pytest.fixture(scope="module")
def campaigns() -> list[Played]:
    return [played(ACCOUNTS, seed) for seed in range(500, 500 + CAMPAIGNS)]


def test_careful_farm_members_look_like_honest_people_one_by_one(campaigns: list[Played]) -> None:
    assert mean_auc([labelled(campaign, numbers(campaign)) for campaign in campaigns]) <= 0.6


def test_the_classifier_would_see_an_artefact(campaigns: list[Played]) -> None:
    """Or the test above would prove nothing."""
    rng, sets = np.random.default_rng(1), []
    for campaign in campaigns:
        artefact = rng.normal(size=len(campaign.plan)) + 1.5 * (campaign.level() >= CAREFUL)
        sets.append(labelled(campaign, numbers(campaign) | {"artefact": artefact}))
    assert mean_auc(sets) > 0.75


def test_addresses_hashes_and_the_order_of_rows_say_nothing(tmp_path: Path) -> None:
    sets = []
    for seed in range(NUM_WRITTEN):
        folder = write_campaign(tmp_path / str(seed), accounts=NUM_WRITTEN_ACCOUNTS, seed=seed).parent
        sets.append(rows_and_hexes(folder))
    assert abs(mean_auc(sets) - 0.5) < 0.04


def rows_and_hexes(folder: Path) -> Labelled:
    """Of each account: digits of its address, where its rows stand in the files, and digits of its hashes."""
    truth = read_csv(folder / "truth.csv")
    place = {row["account"]: number for number, row in enumerate(truth)}
    sums = np.zeros((len(truth), 3))
    actions = read_csv(folder / "participation.csv.gz")
    for number, action in enumerate(actions):
        row = place[action["account"]]
        sums[row] += (1, number / len(actions), int(action["tx_hash"][2:10], 16))
    means = sums[:, 1:] / sums[:, :1]
    hexes = [[int(account[start : start + 4], 16) for start in (2, 20, 38)] for account in place]
    own = np.concatenate([means, np.array(hexes), np.arange(len(truth))[:, None]], axis=1)
    return own, np.array([row["is_farm"] == "1" for row in truth])


def mean_auc(sets: list[Labelled]) -> float:
    """Over campaigns, trained on other ones; each counts by its farm accounts."""
    aucs, weights = [], []
    for fold in range(3):
        learnt = [pair for place, pair in enumerate(sets) if place % 3 != fold]
        model = lgb.LGBMClassifier(
            n_estimators=60, num_leaves=15, min_child_samples=40, n_jobs=1, seed=1, deterministic=True, verbose=-1
        )
        model.fit(np.concatenate([x for x, _ in learnt]), np.concatenate([y for _, y in learnt]))
        for x, y in sets[fold::3]:
            if y.sum() >= FEW_FARMED:
                aucs.append(roc_auc_score(y, np.asarray(model.booster_.predict(x))))
                weights.append(y.sum())
    return float(np.average(aucs, weights=weights))


def labelled(campaign: Played, measured: dict[str, Numbers]) -> Labelled:
    """Farms below CAREFUL are left out: their constants show in single accounts, too."""
    level = campaign.level()
    counts = ~campaign.plan.is_hidden & ((level < 0) | (level >= CAREFUL))
    return np.stack(list(measured.values()), axis=1)[counts], level[counts] >= CAREFUL
