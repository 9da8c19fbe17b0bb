"""Lakes of several campaigns: copies of the small farm, each with wallets of its own, written beside each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from abuse.tables import Clusters, Decisions, Scores, Services
from tests.console.lakes import (
    EXCHANGE,
    FARM,
    FUNDER,
    MEMBERS,
    REPORT,
    SINK,
    STRANGERS,
    Rows,
    decision,
    public_rows,
    publish,
    work_rows,
)
from tests.lake.test_publication import NIGHT

SECOND = "0x" + "d0" * 20
"""Another address of the first member, in the farm that is copied."""


@dataclass(frozen=True)
class Farm:
    """The farm under other names."""

    number: int

    @cached_property
    def cluster_id(self) -> str:
        return hashlib.sha256(f"farm {self.number}".encode()).hexdigest()[:16]

    @cached_property
    def members(self) -> list[str]:
        return [f"0x{place:02x}" + f"{self.number:02x}" * 19 for place in range(1, len(MEMBERS) + 1)]

    @cached_property
    def names(self) -> dict[str, str]:
        """What stands for what."""
        others = {old: f"{old[:4]}{self.number:038x}" for old in (FUNDER, SINK, SECOND)}
        return {FARM: self.cluster_id, **others, **dict(zip(MEMBERS, self.members, strict=True))}

    def renamed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.renamed(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.renamed(one) for one in value]
        if isinstance(value, str) and len(value) == len("0x") + 64:
            return f"0x{int(value, 16) + 1000 * self.number:064x}"
        return self.names.get(value, value) if isinstance(value, str) else value


def public_of(farms: Iterable[Farm], verdict: str = "disqualified", without: Sequence[str] = ()) -> Rows:
    """Every public table of these farms and the two strangers; scores fall from farm to farm. `without`: accounts."""
    base = public_rows(verdict)
    rows: Rows = {table: [] for table in base}
    rows[Services] = base[Services]
    for place, farm in enumerate(farms):
        for table in base:
            if table is not Services:
                rows[table] += [farm.renamed(row) for row in base[table] if row.get("account") not in STRANGERS]
        lower = {"score": round(0.9137 - 0.003 * place, 4), "score_lower": round(0.8642 - 0.003 * place, 4)}
        for table in (Decisions, Scores):
            for row in rows[table]:
                if row.get("cluster_id") == farm.cluster_id:
                    row.update(lower)
        for row in rows[Clusters][-1:]:
            row["size"] = len(set(farm.members).difference(without))
    rows[Decisions] += [row for row in base[Decisions] if row["account"] in STRANGERS]
    return {table: [row for row in of if row.get("account") not in without] for table, of in rows.items()}


def work_of(farms: Iterable[Farm]) -> Rows:
    """What the steps left of them."""
    base = work_rows()
    rows: Rows = {table: [row for row in base[table] if row.get("account") in STRANGERS] for table in base}
    for farm in farms:
        for table in base:
            rows[table] += [farm.renamed(row) for row in base[table] if row.get("account") not in STRANGERS]
    return rows


def report_of(campaign_id: str, rows: Rows, name: str = "") -> dict[str, Any]:
    """What the run counted, so that its page adds up."""
    verdicts: dict[str, int] = {}
    for row in rows[Decisions]:
        verdicts[row["verdict"]] = verdicts.get(row["verdict"], 0) + 1
    sizes = [row["size"] for row in rows[Clusters]]
    largest, total = max(sizes, default=0), len(rows[Decisions])
    clusters = {"num": len(sizes), "members": sum(sizes), "largest": largest}
    clusters |= {"largest_share": largest / total, "by_size": [["8-19", len(sizes), sum(sizes)]] if sizes else []}
    about = {"id": campaign_id, "name": name or campaign_id.capitalize()}
    return REPORT | {"campaign": about, "verdicts": verdicts, "clusters": clusters}


def put(
    lake: Path,
    campaign_id: str,
    farms: Sequence[Farm] = (),
    *,
    rows: Rows | None = None,
    run_id: str = "",
    as_of: datetime = NIGHT,
    name: str = "",
    **rest: Any,
) -> None:
    """A published night of a campaign, beside whatever is in the lake."""
    found, run_id = rows or public_of(farms), run_id or f"run-{campaign_id}"
    about = {"campaign_id": campaign_id, "run_id": run_id, "as_of": as_of}
    for table, of in work_of(farms).items():
        frame = pa.Table.from_pylist([row | about for row in of], schema=table.arrow_schema())
        write_deltalake(f"{lake}/work/{table.table_name()}", frame, mode="append", partition_by=list(table.partitions))
    report = rest.pop("report", None) or report_of(campaign_id, found, name)
    publish(lake, found, {}, as_of=as_of, campaign_id=campaign_id, run_id=run_id, report=report, **rest)


def put_quiet(lake: Path, campaign_id: str) -> None:
    """A campaign in which nobody is tied to anybody."""
    rows: Rows = {table: [] for table in public_rows()}
    put(lake, campaign_id, rows=rows | {Decisions: [decision(one, "clear") for one in (*STRANGERS, EXCHANGE)]})
