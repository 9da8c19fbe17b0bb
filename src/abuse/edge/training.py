"""Seeds -> simulated campaigns, described: the dataset that the shipped scorer was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

from abuse.campaign import load_campaign
from abuse.edge.context import Say
from abuse.edge.dataset import Simulated, dataset
from abuse.edge.truth import groups
from abuse.lake.delta import Lake
from abuse.lake.session import start_session
from abuse.settings import Settings
from abuse.simulate import write_campaign

SEEDS = (101, 102, 104, 106, 110, 112, 115, 116, 117)
"""Of the seeds from 101 on, those whose campaigns hold 150 candidates or more: a campaign with few farms has few groups
of either sort and costs as much to describe. Between three and five in ten of the candidates are farms."""
ACCOUNTS = 8_000
"""In each campaign."""


def training_set(out: Path, settings: Settings, say: Say, *, with_events: bool = False) -> Path:
    """OUT/dataset, made unless it is there; OUT/dataset-events where members' acts are wanted too."""
    found = out / ("dataset-events" if with_events else "dataset")
    if not found.exists():
        folders = []
        for number, seed in enumerate(SEEDS):
            say(f"campaign {seed}", number, len(SEEDS))
            folders.append(write_campaign(out / "campaigns" / str(seed), accounts=ACCOUNTS, seed=seed).parent)
        described(folders, found, settings, say, None, with_events=with_events)
    return found


def described(
    folders: list[Path],
    out: Path,
    settings: Settings,
    say: Say,
    shuffle_seed: int | None,
    *,
    with_events: bool = False,
) -> int:
    """Candidates in OUT/<campaign>.parquet of simulated campaigns; how many there are. All or nothing."""
    loaded = [load_campaign(folder / "campaign.toml", settings)[0] for folder in folders]
    found = [Simulated(one, groups(folder / "truth.csv")) for one, folder in zip(loaded, folders, strict=True)]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        lake = Lake(f"{work}/lake", start_session(settings))
        num = dataset(lake, settings, found, Path(work) / "made", say, shuffle_seed, with_events=with_events)
        (Path(work) / "made").rename(out)
    return num
