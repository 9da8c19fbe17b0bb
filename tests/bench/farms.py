"""Simulated farms beside real ones: the timing, the calls and the order of calls, as distances and one picture.

`poe bench farms --out farms.png`. The real ones are farms/events.csv of the real-data folder: 18 farms of a public
report, so farms that were caught. Simulated ones of 20 to 100 members are split by how well they hide. A distance is
Kolmogorov-Smirnov's: the largest difference between two shares, 0 to 1. Each farm counts alike.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abuse.simulate.methods import FIRST_TASK
from tests.simulate.alone import Played, played

DEFAULT = "../../../shared/data"
MIN_SIZE, MAX_SIZE = 20, 100
PER_FARM = 300
"""Values drawn from each farm, so that a large one does not stand for all."""
DAY_S = 86_400

Calls = dict[str, list[tuple[float, str]]]
"""A farm: wallet -> (second, selector) in time."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    title: str
    axis: str
    is_log: bool


MEASURES = {
    "lag": Measure("Lag to the next wallet's same call", "seconds", is_log=True),
    "gap": Measure("Gap between a wallet's own calls", "seconds", is_log=True),
    "hours": Measure("Distance from the farm's mean hour of day", "hours", is_log=False),
    "calls": Measure("Calls per wallet", "calls", is_log=True),
    "shared": Measure("Selectors shared with the farm's usual ones", "share (Jaccard)", is_log=False),
    "order": Measure("Order like the farm's usual list", "share (longest common subsequence)", is_log=False),
}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench farms", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("farms.png"), help="The picture.")
    parser.add_argument("--campaigns", type=int, default=20, help="Simulated ones, of 3,000 accounts each.")
    parser.add_argument("--seed", type=int, default=1, help="Of the first campaign.")
    asked = parser.parse_args(argv)
    groups = {"real": real_farms()} | simulated_farms(asked.campaigns, asked.seed)
    found = {name: measured(farms) for name, farms in groups.items()}
    print(f"{'':44}" + "".join(f"{f'{name} ({len(groups[name])})':>30}" for name in found))
    for key, measure in MEASURES.items():
        real = found["real"][key]
        apart = ["" if name == "real" else f"  {ks(real, values[key]):.2f}" for name, values in found.items()]
        cells = [quartiles(values[key]) + distance for values, distance in zip(found.values(), apart, strict=True)]
        print(f"{measure.title:<44}" + "".join(f"{cell:>30}" for cell in cells))
    print("Cells: quartiles, then the distance from real farms. A call: campaign tasks only, in simulated farms.")
    print("What still differs, from the level that is nearest:")
    for key, measure in MEASURES.items():
        print(f"  {measure.title:<44} {differs(key, found)}")
    draw(found, asked.out)


def differs(key: str, found: dict[str, dict[str, Numbers]]) -> str:
    """How far the nearest level is, and where its middle lies."""
    real = found["real"][key]
    levels = {name: values[key] for name, values in found.items() if name != "real"}
    near = min(levels, key=lambda name: ks(real, levels[name]))
    ours, theirs = (np.median(values) for values in (levels[near], real))
    return f"{near}: {ks(real, levels[near]):.2f}, median {ours:.3g} where the real one is {theirs:.3g}"


def real_farms() -> list[Calls]:
    folder = Path(os.environ.get("ABUSE_REAL_DATA") or Path(__file__).parent / DEFAULT).resolve()
    path = folder / "farms" / "events.csv"
    if not path.is_file():
        raise SystemExit(f"no {path}; set ABUSE_REAL_DATA to a folder with farms/events.csv")
    farms: dict[str, Calls] = defaultdict(lambda: defaultdict(list))
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["timestamp"][:2] == "20":  # some rows repeat the header
                at = datetime.fromisoformat(row["timestamp"]).timestamp()
                farms[row["cluster"]][row["wallet"]].append((at, row["method_id"]))
    return [{wallet: sorted(calls) for wallet, calls in farm.items()} for farm in farms.values()]


def simulated_farms(campaigns: int, seed: int) -> dict[str, list[Calls]]:
    """By level: constants, jitter, careful, spread."""
    names = ("level 0", "level 1", "level 2", "level 3")
    found: dict[str, list[Calls]] = {name: [] for name in names}
    for number in range(campaigns):
        campaign = played(3_000, seed + number)
        calls = task_calls(campaign)
        for group in campaign.found:
            if group.level is not None and MIN_SIZE <= len(group.farmed) <= MAX_SIZE:
                farm = {str(who): sorted(calls[who]) for who in group.farmed.tolist() if who in calls}
                found[names[group.level]].append(farm)
    return found


def task_calls(campaign: Played) -> dict[int, list[tuple[float, str]]]:
    calls, first = campaign.sealed.calls, int(campaign.plan.address[0])
    rows = np.flatnonzero(calls["method"].astype(np.int64) >= FIRST_TASK)
    found = defaultdict(list)
    columns = (calls[name][rows].tolist() for name in ("signer", "at", "method"))
    for signer, at, method in zip(*columns, strict=True):
        found[signer - first].append((float(-(-at // 12) * 12), str(method)))
    return found


def measured(farms: list[Calls]) -> dict[str, Numbers]:
    """Each measure's values, as many of each farm."""
    rng = np.random.default_rng(1)
    values: dict[str, list[Numbers]] = {key: [] for key in MEASURES}
    for farm in farms:
        own = {
            "lag": lags(farm),
            "gap": np.concatenate([np.diff([at for at, _ in calls]) for calls in farm.values()]),
            "hours": hours_off(np.array([at for calls in farm.values() for at, _ in calls])),
            "calls": np.array([len(calls) for calls in farm.values()], dtype=np.float64),
            "shared": shared(farm),
            "order": order(farm),
        }
        for key, drawn in own.items():
            if len(drawn):
                values[key].append(rng.choice(drawn, PER_FARM))
    return {key: np.concatenate(parts) for key, parts in values.items()}


def lags(farm: Calls) -> Numbers:
    """Seconds between neighbours in time that made the same call for the same time."""
    same: dict[tuple[str, int], list[float]] = defaultdict(list)
    for calls in farm.values():
        times: Counter[str] = Counter()
        for at, selector in calls:
            same[selector, times[selector]].append(at)
            times[selector] += 1
    return np.concatenate([np.diff(sorted(at)) for at in same.values() if len(at) > 2] or [np.empty(0)])


def hours_off(at: Numbers) -> Numbers:
    angle = at % DAY_S / DAY_S * 2 * np.pi
    mean = np.angle(np.exp(1j * angle).mean())
    return np.asarray(np.abs((angle - mean + np.pi) % (2 * np.pi) - np.pi) / np.pi * 12)


def shared(farm: Calls) -> Numbers:
    """Of the selectors that a wallet or half of its farm uses, the share that both do."""
    used = [{selector for _, selector in calls} for calls in farm.values()]
    counts = Counter(selector for own in used for selector in own)
    usual = {selector for selector, count in counts.items() if count * 2 >= len(used)}
    return np.array([len(own & usual) / len(own | usual) for own in used])


def order(farm: Calls) -> Numbers:
    lists = [tuple(selector for _, selector in calls) for calls in farm.values()]
    usual = Counter(lists).most_common(1)[0][0]
    return np.array([common_length(own, usual) / max(len(own), len(usual)) for own in lists if len(own) > 1])


def common_length(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Of the longest common subsequence."""
    best = [0] * (len(b) + 1)
    for mine in a:
        before = 0
        for place, theirs in enumerate(b, 1):
            before, best[place] = best[place], before + 1 if mine == theirs else max(best[place], best[place - 1])
    return best[-1]


def ks(real: Numbers, simulated: Numbers) -> float:
    from scipy.stats import ks_2samp

    return float(ks_2samp(real, simulated).statistic)


def quartiles(values: Numbers) -> str:
    return "/".join(
        f"{value:.0f}" if value >= 10 else f"{value:.2g}" for value in np.quantile(values, [0.25, 0.5, 0.75])
    )


def draw(found: dict[str, dict[str, Numbers]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(14, 8), constrained_layout=True)
    colors = ("black", "#b2182b", "#ef8a62", "#67a9cf", "#2166ac")
    for axis, (key, measure) in zip(axes.flat, MEASURES.items(), strict=True):
        for color, (name, values) in zip(colors, found.items(), strict=True):
            shown = np.sort(np.maximum(values[key], 1.0) if measure.is_log else values[key])
            distance = "" if name == "real" else f", distance {ks(found['real'][key], values[key]):.2f}"
            width, shares = 2.5 if name == "real" else 1.3, np.linspace(0, 1, len(shown))
            axis.plot(shown, shares, color=color, lw=width, label=name + distance)
        axis.set(title=measure.title, xlabel=measure.axis, ylabel="share of values up to here", ylim=(0, 1.01))
        axis.set_xscale("log" if measure.is_log else "linear")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, loc="lower right" if key in ("lag", "calls", "hours") else "upper left")
    figure.suptitle("Real farms of a public report beside simulated ones of 20 to 100 wallets, by how well they hide")
    figure.savefig(path, dpi=110)
    print(f"picture: {path}")
