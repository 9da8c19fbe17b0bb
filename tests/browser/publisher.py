"""`python -m tests.browser.publisher LAKE CAMPAIGN NUM`: publishes a night NUM times, each in the place of the last."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from abuse.tables import Clusters, Decisions, Scores, Services
from tests.browser.farms import Farm, public_of, put
from tests.console.lakes import Rows

OURS = Farm(201)
BETWEEN_S = 2.0
VERDICTS = ("disqualified", "clear")


def mark(number: int) -> str:
    """Stands in every text of a publication, and nowhere else: two of them on a page are two publications."""
    return f"made-by-{number}-"


def marked(number: int) -> Rows:
    rows, name = public_of([OURS], VERDICTS[number % 2]), mark(number)
    for row in rows[Decisions]:
        row |= {"rule_version": name, "model_version": name, "reasons": [f"money_link: {name}"]}
    for row in rows[Scores]:
        row["top_reasons"] = [f"median_gap: {name}"]
    for row in rows[Clusters]:
        row["shape"] = name
    rows[Services][0]["why"] = name
    return rows


def write(lake: Path, campaign_id: str, number: int) -> None:
    put(lake, campaign_id, rows=marked(number), run_id=mark(number), minutes=number)


if __name__ == "__main__":
    for each in range(1, int(sys.argv[3]) + 1):
        write(Path(sys.argv[1]), sys.argv[2], each)
        time.sleep(BETWEEN_S)
