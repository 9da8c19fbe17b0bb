"""The same bytes from the same seed, a truth that leaks nowhere, progress, and campaigns that differ."""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from abuse.simulate import write_campaign
from abuse.simulate.groups import FARMS, LOOK_ALIKES, MIXTURE
from abuse.simulate.priors import drawn_priors
from abuse.simulate.world import ENDS_AT
from tests.simulate.written import ACCOUNTS, SEED, Files

TRUTH_WORDS = {"is_farm", "group_kind", "group_id", "level", "truth", MIXTURE, *FARMS, *LOOK_ALIKES} - {
    "chain",
    "disperse",
}
"""The two are a column and a service of the labels."""


def test_the_same_seed_gives_the_same_bytes(files: Files, tmp_path: Path) -> None:
    again = write_campaign(tmp_path / "again", accounts=ACCOUNTS, seed=SEED).parent
    other = write_campaign(tmp_path / "other", accounts=ACCOUNTS, seed=SEED + 1).parent
    for path in sorted(files.folder.iterdir()):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
        assert (other / path.name).read_bytes() != path.read_bytes(), path.name


def test_the_campaign_file_names_every_file_but_the_truth(files: Files) -> None:
    paths = {source["path"] for source in files.campaign["sources"]}
    assert paths == {path.name for path in files.folder.iterdir()} - {"campaign.toml", "truth.csv"}
    assert files.campaign["id"] == f"sim-{SEED}-{ACCOUNTS}"
    assert files.campaign["starts_at"] < files.campaign["ends_at"] == ENDS_AT
    assert len(files.campaign["assets"]) == 3


def test_truth_stays_in_its_file(files: Files) -> None:
    for path in files.folder.iterdir():
        if path.name == "truth.csv":
            continue
        if path.suffix == ".parquet":
            text = " ".join(pq.read_schema(path).names)
        else:
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        words = set(re.findall(r"[a-z_]+", text))
        assert not TRUTH_WORDS & words, path.name
        assert not [group for group in files.groups() if group in text], path.name


def test_an_action_says_which_task_and_its_input_carries_the_tasks_selector(files: Files) -> None:
    called = defaultdict(set)
    for row in files.participation:
        if row["tx_hash"] in files.by_hash:
            transaction = files.by_hash[row["tx_hash"]]
            called[row["action"]].add((transaction["to_address"], transaction["input"]))
    assert 10 <= len(called) <= 15
    assert all(len(calls) == 1 for calls in called.values())
    assert len({call for calls in called.values() for call in calls}) == len(called)
    assert all(re.fullmatch("0x[0-9a-f]{8}", text) for calls in called.values() for _, text in calls)
    times = Counter(row["action"] for row in files.participation)
    assert times.most_common(1)[0][1] > 2 * min(times.values()), "some tasks are popular"


def test_tips_are_a_habit_of_the_signer_and_prices_move(files: Files) -> None:
    tips = defaultdict(set)
    for transaction in files.by_hash.values():
        tips[transaction["from_address"]].add(transaction["max_priority_fee_per_gas"])
    assert all(len(own) == 1 for own in tips.values())
    assert len({tip for own in tips.values() for tip in own}) > 20
    bases = {t["block_number"]: t["gas_price"] - t["max_priority_fee_per_gas"] for t in files.by_hash.values()}
    assert all(
        t["gas_price"] - t["max_priority_fee_per_gas"] == bases[t["block_number"]] for t in files.by_hash.values()
    )
    assert max(bases.values()) > 2 * min(bases.values())


def test_campaigns_differ_and_farms_hold_a_seventh_of_the_median_one() -> None:
    drawn = [drawn_priors(np.random.default_rng(seed)) for seed in range(400)]
    shares = np.array([priors.farm_share for priors in drawn])
    assert 0.12 < np.median(shares) < 0.18
    assert np.quantile(shares, 0.05) == pytest.approx(0.04, abs=0.015)
    assert np.quantile(shares, 0.95) == pytest.approx(0.4, abs=0.05)
    for name in ("length_days", "rush_share", "sitting_share", "coins", "num_tasks"):
        assert len({getattr(priors, name) for priors in drawn}) > 4, name


def test_progress_is_told_for_every_file_and_too_few_accounts_are_refused(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_campaign(tmp_path, accounts=100, seed=1, on_progress=lambda *part: told.append(part))
    large = {path.name.split(".")[0] for path in tmp_path.iterdir()} - {"campaign", "tokens", "labels", "contracts"}
    assert {what for what, _, _ in told} == large | {
        "people",
        "movements",
    }
    assert all(done == total for _, done, total in told), "one chunk is the whole of a small file"
    with pytest.raises(ValueError, match="accounts"):
        write_campaign(tmp_path, accounts=10, seed=1)
