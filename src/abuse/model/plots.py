"""Verdicts -> pictures, one file each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abuse.model.bootstrap import Estimate
from abuse.model.judge import Verdict
from abuse.model.metrics import NUM_BINS, equal_mass_bins
from abuse.model.ranking import curve
from abuse.model.registry import SCORERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 8.0, 5.0, 120
MARKERS = "osD^vPX*"
RECALL, FALSE = "recall/", "false_positive_rate/"


def write_plots(verdicts: Sequence[Verdict], folder: Path) -> list[Path]:
    """Every picture of one split's verdicts; the files' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    split = verdicts[0].split
    pictures = {
        "precision_recall": precision_recall(verdicts),
        "reliability": reliability(verdicts),
        "recall_by_size_and_level": bars(verdicts, RECALL, "share of farm clusters flagged, %", ("size ", "level ")),
        "recall_by_kind": bars(verdicts, RECALL, "share of farm clusters flagged, %", ("kind ",)),
        "false_positives": bars(verdicts, FALSE, "share of honest clusters flagged, %", ("",)),
    }
    paths = []
    for name, figure in pictures.items():
        paths.append(folder / f"{split}_{name}.png")
        figure.savefig(paths[-1], dpi=DPI, metadata={"Software": None})
    return paths


def precision_recall(verdicts: Sequence[Verdict]) -> Figure:
    """What share of the flagged is farm, for every share of farms found."""
    figure, axes = _axes(f"Precision and recall, split {verdicts[0].split}")
    for verdict in verdicts:
        rows = verdict.tested.rows
        above = curve(verdict.tested.score, rows.is_farm, np.ones((1, len(rows))))
        name = f"{verdict.scorer} ({verdict.estimates['pr_auc'].value:.3f})"
        axes.step(100 * above.recall()[0], 100 * above.precision()[0], where="pre", label=name, color=_color(verdict))
    base = 100 * verdicts[0].estimates["base_rate"].value
    axes.axhline(base, color="0.6", linestyle=":", label=f"flag everything ({base / 100:.3f})")
    _percent(axes, "recall: share of farm clusters found, %", "precision: share of flagged that are farms, %")
    figure.legend(title="average precision", loc="outside right upper", fontsize="small")
    return figure


def reliability(verdicts: Sequence[Verdict]) -> Figure:
    """Said against found, in bins of equal mass."""
    figure, axes = _axes(f"Reliability in {NUM_BINS} bins of equal mass, split {verdicts[0].split}")
    axes.plot([0, 100], [0, 100], color="0.6", linestyle=":", label="perfect")
    for at, verdict in enumerate(verdicts):
        score, farm = verdict.tested.score, verdict.tested.rows.is_farm.astype(np.float64)
        bins = equal_mass_bins(score, np.ones(len(score)))
        means = [(100 * score[bins == b].mean(), 100 * farm[bins == b].mean()) for b in np.unique(bins)]
        name = f"{verdict.scorer} ({verdict.estimates['ece'].value:.3f})"
        said, found = zip(*means, strict=True)
        axes.plot(said, found, label=name, color=_color(verdict), marker=MARKERS[at % len(MARKERS)], markersize=4)
    _percent(axes, "probability said, %", "share of clusters that are farms, %")
    figure.legend(title="calibration error", loc="outside right upper", fontsize="small")
    return figure


def bars(verdicts: Sequence[Verdict], prefix: str, label: str, groups: tuple[str, ...]) -> Figure:
    """A share by group with its interval, scorers side by side."""
    starts = tuple(prefix + group for group in groups)
    names = [n for n, e in verdicts[0].estimates.items() if n.startswith(starts) and not math.isnan(e.value)]
    what = "Farms found" if prefix == RECALL else "Honest look-alikes flagged"
    figure, axes = _axes(f"{what} at the decision threshold, split {verdicts[0].split}")
    width = 0.8 / len(verdicts)
    for at, verdict in enumerate(verdicts):
        found = [verdict.estimates[name] for name in names]
        places = np.arange(len(names)) + (at - (len(verdicts) - 1) / 2) * width
        heights = [100 * e.value for e in found]
        axes.bar(
            places,
            heights,
            width,
            yerr=_whiskers(found),
            color=_color(verdict),
            label=verdict.scorer,
            error_kw={"lw": 0.8},
        )
    axes.set_xticks(np.arange(len(names)), [_said(n.removeprefix(prefix)) for n in names], rotation=25, ha="right")
    axes.set_ylabel(label)
    axes.set_ylim(0, 105 if prefix == RECALL else None)
    axes.legend(fontsize="small", ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    return figure


def _whiskers(found: list[Estimate]) -> list[list[float]]:
    """Distances down and up to the interval's ends; a percentile interval need not hold the figure itself."""
    down = [100 * max(0.0, np.nan_to_num(e.value - e.low)) for e in found]
    up = [100 * max(0.0, np.nan_to_num(e.high - e.value)) for e in found]
    return [down, up]


def _said(group: str) -> str:
    """`size 2-4` as `2-4 accounts`, `kind one_person` as `one person`."""
    if group.startswith("size "):
        return f"{group.removeprefix('size ')} accounts"
    return group.removeprefix("kind ").replace("_", " ")


def _axes(title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title)
    axes.grid(visible=True, alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def _percent(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 102)


def _color(verdict: Verdict) -> str:
    """The same for a scorer in every picture."""
    known = list(SCORERS)
    return f"C{known.index(verdict.scorer)}" if verdict.scorer in known else f"C{len(known) + len(verdict.scorer) % 4}"
