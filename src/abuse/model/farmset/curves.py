"""Metrics of a training -> a picture."""

from __future__ import annotations

import json
from pathlib import Path

STAGES = ("pretrain", "fit")
SIZE, DPI = (8.0, 3.5), 120


def write_curves(folder: Path) -> Path:
    """FOLDER/training.png: every loss of every stage over the tokens read."""
    from matplotlib.figure import Figure

    found = [name for name in STAGES if (folder / f"{name}.jsonl").is_file()]
    figure = Figure(figsize=SIZE, layout="constrained")
    for axes, stage in zip(figure.subplots(1, max(len(found), 1), squeeze=False)[0], found, strict=False):
        rows = [json.loads(line) for line in (folder / f"{stage}.jsonl").read_text().splitlines()]
        for name in [key for key in rows[0] if key not in ("step", "tokens")] if rows else ():
            axes.plot([row["tokens"] / 1e6 for row in rows], [row[name] for row in rows], label=name)
        axes.set_title(stage)
        axes.set_xlabel("tokens read, millions")
        axes.set_ylabel("loss")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(folder / "training.png", dpi=DPI, metadata={"Software": None})
    return folder / "training.png"
