"""`poe bench lake`: what gates and people's word cost a night, as a share of it (bar 10 % at a million accounts).

A simulated campaign of each size, one night of it in this process. Beside it the peer: the same promises of the four
tables about to be published, as Great Expectations' own expectations on the tables themselves, BOOLEAN_ONLY.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from abuse.campaign import load_campaign
from abuse.contract import Table
from abuse.edge import gating
from abuse.edge.context import Night
from abuse.edge.people import standings
from abuse.lake.people import reviews
from abuse.lake.publication import current
from abuse.lake.session import start_session
from abuse.night import run_night
from abuse.promises import promises
from abuse.quality.measure import measured
from abuse.quality.suites import context_of, great_expectations
from abuse.registry import STEPS
from abuse.review.decide import decide
from abuse.review.said import Said
from abuse.settings import Review, Settings, load_settings
from abuse.simulate import write_campaign
from abuse.tables import ClusterMembers, Decisions, PerRun
from tests.night.lakes import Silent, night_of

SIZES = (20_000, 200_000, 1_000_000)
SEED = 29
WORDS = 10_000
"""Accounts that people spoke of; each has a row in the ledger."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="poe bench lake", description=__doc__)
    parser.add_argument("--accounts", type=float, nargs="*", default=list(SIZES), help="participants; several")
    parser.add_argument("--no-peer", action="store_true", help="leaves out Great Expectations on the tables themselves")
    parser.add_argument("--settings", type=Path, help="as for a night")
    given = parser.parse_args(arguments)
    settings = load_settings(given.settings)
    for accounts in sorted(int(n) for n in given.accounts):
        folder = Path(tempfile.mkdtemp(prefix="bench-lake-"))
        gates(folder, accounts, settings, with_peer=not given.no_peer)
        shutil.rmtree(folder)


def gates(folder: Path, accounts: int, settings: Settings, *, with_peer: bool) -> None:
    """One night, and what of it were gates."""
    started = time.monotonic()
    imported = _import()
    file = write_campaign(folder / "campaign", accounts=accounts, seed=SEED)
    made = time.monotonic() - started
    spark = start_session(settings)
    campaign, ours = load_campaign(_file(file), settings)
    night = night_of(spark, ours, _file(file), folder / "lake", (campaign.ends_at + timedelta(days=8)).isoformat())
    started = time.monotonic()
    report = run_night(night, Silent())
    whole = time.monotonic() - started
    by_step = {step: float(night.record[step].get("gate_seconds", 0.0)) for step in STEPS if step in night.record}
    spent = sum(by_step.values())
    told = ", ".join(f"{step} {seconds:.1f}" for step, seconds in by_step.items() if seconds)
    print(f"{accounts:>11,} accounts  simulated in {made:.0f} s  night {whole:7.1f} s  {report['status']}")
    print(f"{'':>11} gates {spent:6.1f} s of it, {spent / whole:.1%}: {told}")
    if report["status"] == "published":
        heard = _ledger(night)
        print(f"{'':>11} the word of people of {WORDS:,} accounts {heard:6.1f} s, {heard / whole:.1%}")
        print(f"{'':>11} both {(spent + heard) / whole:.1%} (bar 10 %)")
    print(f"{'':>11} before it, once in a process: the library's import {imported:.1f} s")
    if with_peer:
        _against_peer(night)
    sys.stdout.flush()
    spark.stop()


def _ledger(night: Night) -> float:
    """What a night does with the ledger: it is read twice, and held against the clusters once."""
    lake, campaign = night.lake.uri, night.campaign
    accounts = current(lake, campaign.id).read(Decisions, [Decisions.account]).to_pydict()["account"]
    said = Said(action="hold", reason_code="second_opinion", actor="bench")
    decide(lake, campaign.id, said, sorted(accounts)[:WORDS], Review())
    started = time.monotonic()
    reviews(lake, campaign.id)
    rows, members = reviews(lake, campaign.id), night.slice(ClusterMembers)
    standings(rows, members, night.settings.policy.requeue_share, campaign.allow_list).count()
    return time.monotonic() - started


def _import() -> float:
    """Paid once in a process, by the first gate; here before the night, and said apart."""
    started = time.monotonic()
    with great_expectations():
        return time.monotonic() - started


def _file(written: Path) -> Path:
    return written if written.suffix == ".toml" else written / "campaign.toml"


def _against_peer(night: Night) -> None:
    subjects = gating.outputs(night).subjects
    started = time.monotonic()
    measured(subjects, [])
    ours = time.monotonic() - started
    started = time.monotonic()
    asked = sum(_peer(night, subject.table) for subject in subjects)
    peer = time.monotonic() - started
    said = f"counted {ours:.1f} s, on the tables themselves {peer:.1f} s, {peer / ours:.1f} times as long"
    print(f"{'':>11} {asked} promises of the tables to publish: {said}")


def _peer(night: Night, table: Any) -> int:
    """The contract of a table as the library would have it; how many expectations."""
    with great_expectations() as gx:
        context = context_of(gx)
        asset = context.data_sources.add_spark("night", persist=False).add_dataframe_asset(table.table_name())
        batch = asset.add_batch_definition_whole_dataframe("whole")
        suite = context.suites.add(gx.ExpectationSuite(name="peer", expectations=list(_expectations(gx, table))))
        definition = context.validation_definitions.add(gx.ValidationDefinition(name="peer", data=batch, suite=suite))
        frame = night.lake.slice(table, night.run)
        found = definition.run(batch_parameters={"dataframe": frame}, result_format="BOOLEAN_ONLY")
        wrong = [r.expectation_config.type for r in found.results if not r.success]
        if wrong:
            print(f"{'':>11} {table.table_name()}: the peer says no to {', '.join(wrong)}")
        return len(suite.expectations)


def _expectations(gx: Any, table: type[Table]) -> Iterator[Any]:
    """What the library has for it; the promises it has no expectation for are left out."""
    own = gx.expectations
    yield own.ExpectCompoundColumnsToBeUnique(column_list=[*PerRun.columns(), *table.key])
    fields = {field.name: field for field in table.fields()}
    for promise in promises(table):
        field = fields.get(promise.columns[0])
        if field is None:
            continue
        if promise.name.endswith(".present"):
            yield own.ExpectColumnValuesToNotBeNull(column=field.name)
        elif promise.name.endswith(".allowed"):
            yield own.ExpectColumnValuesToBeInSet(column=field.name, value_set=list(field.allowed))
        elif promise.name.endswith(".range"):
            yield own.ExpectColumnValuesToBeBetween(column=field.name, min_value=field.low, max_value=field.high)
