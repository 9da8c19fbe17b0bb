"""first_funders, kept up by the new transfers only: each layer says it of some units of facts, once and for all.

A night whose units are those of an earlier one and a few more adds one layer for the few. Too many layers are joined
into one, from the layers themselves. Late data is a unit like any other: its earlier payments win.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import __version__
from abuse.edge.context import Night
from abuse.lake.delta import timestamp
from abuse.lake.storage import read_all_json, write_json
from abuse.settings import digest
from abuse.steps.funders import first_funders, joined, known_before
from abuse.steps.spill import Spill
from abuse.tables import FirstFunders, ParticipantAddresses, Transfers

MOST_LAYERS = 8
"""Layers are joined beyond this: each is one more place to look every address up in."""


def keep_up(night: Night, spill: Spill) -> dict[str, Any]:
    """The layers that together say it of all the night's transfers; makes the one that is missing."""
    facts = night.record["ingest"]["facts"][Transfers.table_name()]
    rules = digest([{n: (c.min_first_gas, c.dust) for n, c in night.settings.chains.items()}, __version__])
    # of rows with one key only the least counts, so where units share any, none can speak for itself
    wanted = {f"exact:{digest(facts['units'])}"} if facts["overlap"] else set(facts["units"])
    layers, rest = _cover(night, wanted, rules)
    if rest:
        rows = night.all_facts(Transfers)
        new = rows if facts["overlap"] else rows.where(F.col(Transfers.file_digest).isin(*sorted(rest)))
        layers.append(_store(night, rest, rules, first_funders(new, night.settings.chains, spill)))
    if len(layers) > MOST_LAYERS:
        layers = [_join(night, wanted, rules, layers)]
    return {"layers": layers, "version": night.lake.version(FirstFunders)}


def funders(night: Night) -> DataFrame:
    """Rows of the night's layers as of its instant; an address may have one in each."""
    made = night.record["ingest"]["first_funders"]
    rows = night.lake.read(FirstFunders, {FirstFunders.layer: made["layers"]}, made["version"])
    return known_before(rows.drop(FirstFunders.layer), F.expr(timestamp(night.as_of)))


def acted(night: Night) -> DataFrame:
    """chain, address, acted_at of the participants' addresses that had signed anything."""
    ours = F.broadcast(night.slice(ParticipantAddresses).select(FirstFunders.address).distinct())
    known = funders(night).join(ours, on=FirstFunders.address, how="left_semi")
    first = known.groupBy(FirstFunders.chain, FirstFunders.address).agg(
        F.min(FirstFunders.acted_at).alias(FirstFunders.acted_at)
    )
    return first.where(F.col(FirstFunders.acted_at).isNotNull())


def _manifests(night: Night) -> str:
    return f"{night.lake.uri}/work/layers"


def _cover(night: Night, wanted: set[str], rules: str) -> tuple[list[str], set[str]]:
    """Layers of parts of what is wanted, the largest first, and what none covers."""
    known = [m for m in read_all_json(_manifests(night)) if m["rules"] == rules and set(m["units"]) <= wanted]
    layers, rest = [], set(wanted)
    for manifest in sorted(known, key=lambda m: (-len(m["units"]), m["layer"])):
        if set(manifest["units"]) <= rest:
            layers.append(str(manifest["layer"]))
            rest -= set(manifest["units"])
    return layers, rest


def _join(night: Night, units: set[str], rules: str, layers: list[str]) -> str:
    rows = [night.lake.read(FirstFunders, {FirstFunders.layer: layer}).drop(FirstFunders.layer) for layer in layers]
    return _store(night, units, rules, joined(reduce(DataFrame.unionByName, rows)))


def _store(night: Night, units: set[str], rules: str, rows: DataFrame) -> str:
    """The manifest is written after the rows: a layer without one is made again."""
    name = digest([rules, sorted(units)])
    stamped = rows.withColumn(FirstFunders.layer, F.lit(name))
    night.lake.replace(FirstFunders, stamped, {FirstFunders.layer: name}, note=name)
    write_json(f"{_manifests(night)}/{name}.json", {"layer": name, "rules": rules, "units": sorted(units)})
    return name
