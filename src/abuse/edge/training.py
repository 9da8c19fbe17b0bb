"""Seeds -> simulated campaigns, described: the dataset that the shipped scorer was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

from abuse.campaign import load_campaign
from abuse.edge.context import Say
from abuse.edge.dataset import Simulated, dataset, groups
from abuse.lake.delta import Lake
from abuse.lake.session import start_session
from abuse.settings import Settings
from abuse.simulate import write_campaign

SEEDS = range(101, 119)
"""Eighteen campaigns. Their farm shares, lengths and habits are drawn, so some hold few farms and some many."""
ACCOUNTS = 8_000
"""In each: about 130 candidate clusters of five or more, and look-alikes of up to some hundreds."""


def training_set(out: Path, settings: Settings, say: Say) -> Path:
    """OUT/dataset, made unless it is there."""
    found = out / "dataset"
    if not found.exists():
        folders = []
        for number, seed in enumerate(SEEDS):
            say(f"campaign {seed}", number, len(SEEDS))
            folders.append(write_campaign(out / "campaigns" / str(seed), accounts=ACCOUNTS, seed=seed).parent)
        described(folders, found, settings, say, None)
    return found


def described(folders: list[Path], out: Path, settings: Settings, say: Say, shuffle_seed: int | None) -> int:
    """Candidates in OUT/<campaign>.parquet of simulated campaigns; how many there are. All or nothing."""
    loaded = [load_campaign(folder / "campaign.toml", settings)[0] for folder in folders]
    found = [Simulated(one, groups(folder / "truth.csv")) for one, folder in zip(loaded, folders, strict=True)]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        lake = Lake(f"{work}/lake", start_session(settings))
        num = dataset(lake, settings, found, Path(work) / "made", say, shuffle_seed)
        (Path(work) / "made").rename(out)
    return num
