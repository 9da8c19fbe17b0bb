"""Participation -> Times: which of the campaign's times say when something was done, and how exactly.

A list of accounts has no times, so whoever exports it writes one for all; a batch job stamps what it loads; a
spreadsheet keeps the date alone. Such a time is no behaviour of the account that bears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.plurals import counted
from abuse.tables import Participation

Wholes = NDArray[np.int64]
HOUR_S, DAY_S = 3_600, 86_400
WHOLE = ""
"""The scope that is the whole campaign; others are its sources."""
SCOPE, SECOND, ACCOUNTS, FIRSTS = "scope", "second", "accounts", "firsts"
MIN_INSTANTS = 3
"""Hours or days from which on times are said to lie on a grid: one or two are stamps, or chance."""
MAX_STAMPS = 1_000
"""More instants than this are not listed: then no time of the source is believed."""
SHOWN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """What of the campaign's times is believed. Without anything said against them, all of them, to the second."""

    precision_s: float = 0.0
    """A time may be off by less than this: a day where only dates are known."""
    stamps: tuple[tuple[int, float], ...] = ()
    """Seconds since 1970 that say nothing, each with the share of the accounts that bear it."""
    untimed: tuple[str, ...] = ()
    """Sources none of whose times is believed."""

    def record(self) -> dict[str, Any]:
        """As the run's records keep it."""
        stamps = [{"at": _written(second), "share": round(share, 4)} for second, share in self.stamps]
        return {"precision_s": self.precision_s, "stamps": stamps, "untimed": list(self.untimed)}


def times_of(record: Mapping[str, Any] | None) -> Times:
    """From the run's records; of an older run, which has none, all times are believed."""
    if not record:
        return Times()
    stamps = tuple((int(datetime.fromisoformat(one["at"]).timestamp()), one["share"]) for one in record["stamps"])
    return Times(precision_s=record["precision_s"], stamps=stamps, untimed=tuple(record["untimed"]))


def believed(times: Times) -> Column:
    """Whether a row of participation says when it was done."""
    is_known = F.col(Participation.at).isNotNull()
    if times.untimed:
        is_known = is_known & ~F.col(Participation.source).isin(*times.untimed)
    if times.stamps:
        is_known = is_known & ~F.unix_seconds(Participation.at).isin(*[second for second, _ in times.stamps])
    return is_known


def with_known_times(participation: DataFrame, times: Times) -> DataFrame:
    """The rows, `at` empty where it is not believed."""
    return participation.withColumn(Participation.at, F.when(believed(times), F.col(Participation.at)))


def instants(participation: DataFrame, *, is_one_source: bool = False) -> DataFrame:
    """scope, second -> accounts that acted then, and those whose first act it was. Facts before as_of only."""
    scopes = [F.lit(WHOLE)] if is_one_source else [F.col(Participation.source), F.lit(WHOLE)]
    timed = participation.where(F.col(Participation.at).isNotNull()).select(
        F.explode(F.array(*scopes)).alias(SCOPE), Participation.account, F.unix_seconds(Participation.at).alias(SECOND)
    )
    own = timed.groupBy(SCOPE, Participation.account).agg(F.collect_set(SECOND).alias("_seconds"))
    each = own.select(SCOPE, F.array_min("_seconds").alias("_first"), F.explode("_seconds").alias(SECOND))
    is_first = F.col(SECOND) == F.col("_first")
    return each.groupBy(SCOPE, SECOND).agg(F.count("*").alias(ACCOUNTS), F.count_if(is_first).alias(FIRSTS))


def judged(found: pa.Table, sources: tuple[str, ...], rules: settings.Times) -> Times:
    """What `instants` say of a campaign of these sources. A source is judged by itself as well: the one load of a small
    one is a small share of the whole.
    """
    scopes = {name: _histogram(found, name) for name in sorted(set(found[SCOPE].to_pylist()))}
    if WHOLE not in scopes:
        return Times()
    whole = judged_scope(scopes.pop(WHOLE), rules)
    if whole.untimed:
        return replace(whole, untimed=sources)
    of_sources = {name: judged_scope(histogram, rules, is_part=True) for name, histogram in scopes.items()}
    stamps = dict(whole.stamps)
    for times in of_sources.values():
        stamps |= {second: share for second, share in times.stamps if second not in stamps}
    untimed = [name for name, one in of_sources.items() if one.untimed or one.precision_s > whole.precision_s]
    return replace(whole, stamps=tuple(sorted(stamps.items())), untimed=tuple(untimed))


@dataclass(frozen=True, slots=True)
class Histogram:
    """By second: accounts that acted then, and those whose first act it was."""

    seconds: Wholes
    accounts: Wholes
    firsts: Wholes

    @property
    def num_accounts(self) -> int:
        return int(self.firsts.sum())

    def only(self, kept: NDArray[np.bool_]) -> Histogram:
        return Histogram(self.seconds[kept], self.accounts[kept], self.firsts[kept])


def _histogram(found: pa.Table, scope: str) -> Histogram:
    rows = found.filter(pc.equal(found[SCOPE], scope)).sort_by(SECOND)
    return Histogram(*[rows[name].to_numpy().astype(np.int64) for name in (SECOND, ACCOUNTS, FIRSTS)])


def judged_scope(all_times: Histogram, rules: settings.Times, *, is_part: bool = False) -> Times:
    """What one scope's times are worth; `untimed` is (WHOLE,) where nothing of them is believed.

    A source may be the file of one hour, so only the whole campaign is asked whether it happened within one.
    """
    precision_s, step_s = grid(all_times, rules)
    nothing = Times(untimed=(WHOLE,))
    if step_s > DAY_S:  # once a week or a month, or so few that nobody can tell
        return nothing
    is_stamp = common(all_times, precision_s, rules) | loaded(all_times, step_s, rules)
    stamps = all_times.only(is_stamp)
    rest = all_times.only(~is_stamp)
    if len(stamps.seconds) > MAX_STAMPS or loaded_by_minute(rest, step_s, rules):
        return nothing
    if not is_part and is_one_load(rest, rules):
        return nothing
    shares = stamps.accounts / max(all_times.num_accounts, 1)
    return Times(precision_s=precision_s, stamps=tuple(zip(stamps.seconds.tolist(), shares.tolist(), strict=True)))


def common(times: Histogram, precision_s: float, rules: settings.Times) -> NDArray[np.bool_]:
    """Instants that no crowd makes: so large a share of the accounts acted in one second. On a date many may act, so
    where only dates are known it must be the date on which so many began.
    """
    per = times.firsts if precision_s else times.accounts
    return (per >= rules.min_accounts) & (per >= rules.stamp_share * times.num_accounts)


def loaded(times: Histogram, step_s: int, rules: settings.Times) -> NDArray[np.bool_]:
    """Instants of many accounts where such instants hold most times and lie apart: loads of every hour, day or week.
    Busy blocks follow each other, and dates follow each other by a day.
    """
    is_shared = times.accounts >= rules.min_accounts
    holds_most = times.accounts[is_shared].sum() > rules.load_share * times.accounts.sum()
    is_apart = spacing(times.seconds[is_shared]) >= max(rules.load_apart_s, 1.5 * step_s)
    return is_shared & bool(holds_most and is_apart)


def loaded_by_minute(times: Histogram, step_s: int, rules: settings.Times) -> bool:
    """Whether nearly all times lie in a few minutes far apart: a load that stamps each row as it writes it."""
    minutes, place = np.unique(times.seconds // 60, return_inverse=True)
    weights = np.bincount(place, times.accounts, minlength=len(minutes))
    is_shared = weights >= rules.min_accounts
    holds_all = weights[is_shared].sum() >= rules.grid_share * weights.sum() > 0
    return bool(holds_all and spacing(minutes[is_shared] * 60) >= max(rules.load_apart_s, 1.5 * step_s))


def is_one_load(times: Histogram, rules: settings.Times) -> bool:
    """Whether nearly everything happened within an hour: then near times say nothing of anybody."""
    if times.num_accounts < rules.min_accounts:
        return False
    so_far = np.cumsum(times.accounts) / times.accounts.sum()
    tail = (1 - rules.grid_share) / 2
    first, last = np.searchsorted(so_far, [tail, 1 - tail])
    return bool(times.seconds[last] - times.seconds[first] <= rules.load_s)


def grid(times: Histogram, rules: settings.Times) -> tuple[float, int]:
    """(precision, step) of times that lie on whole hours or days of any time zone, summer time included; (0, 0) of
    others. The step of days is the least between two that are there: more than a day says that they are of weeks.
    """
    total = times.accounts.sum()
    of_hour = np.bincount(times.seconds % HOUR_S, times.accounts, minlength=HOUR_S)
    on_grid = times.only(times.seconds % HOUR_S == of_hour.argmax())
    if total == 0 or on_grid.accounts.sum() < rules.grid_share * total or len(on_grid.seconds) < MIN_INSTANTS:
        return 0.0, 0
    hours = on_grid.seconds // HOUR_S
    of_day = np.bincount(hours % 24, on_grid.accounts, minlength=24)
    around = of_day + np.roll(of_day, 1) + np.roll(of_day, -1)
    shifted = hours - int(around.argmax()) + 12  # days are numbered by their middle, summer time one hour off it
    days = np.unique(shifted[np.abs(shifted % 24 - 12) <= 1] // 24)
    if around.max() < rules.grid_share * total or len(days) < MIN_INSTANTS:
        return float(HOUR_S), HOUR_S
    return float(DAY_S), int(np.diff(days).min()) * DAY_S


def spacing(seconds: Wholes) -> float:
    """The middle distance of neighbours; of a single one it is infinite."""
    return float(np.median(np.diff(seconds))) if len(seconds) > 1 else float("inf")


def time_warnings(record: Mapping[str, Any]) -> list[str]:
    """What a reader of the report should know of them. `record`: that of the step, with `times` and `without_time`."""
    times = record.get("times") or Times().record()
    most = sorted(times["stamps"], key=lambda one: (-one["share"], one["at"]))
    said = [f"{one['share']:.0%} of the accounts share the time {one['at']}: taken as unknown." for one in most[:SHOWN]]
    if len(most) > SHOWN:
        more = counted(len(most) - SHOWN, "more time is", "more times are")
        said.append(f"{more} shared by many accounts: taken as unknown.")
    if times["untimed"]:
        names = ", ".join(times["untimed"])
        said.append(f"{names}: its times are those of its export or of a load, not of actions: taken as unknown.")
    if times["precision_s"]:
        step, what = ("day", "dates") if times["precision_s"] >= DAY_S else ("hour", "whole hours")
        said.append(f"Times of participation are {what}: two are believed to be near only to the {step}.")
    if share := record.get("without_time"):
        said.append(f"When {share:.0%} of the accounts began is unknown: their times are no evidence.")
    return said


def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
