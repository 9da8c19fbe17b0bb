"""Kinds of group: how they are paid, and which of their draws are tied."""

from __future__ import annotations

STAR, CHAIN, TREE, DISPERSE, EXCHANGE, BRIDGE, OWN = range(7)
"""How a group's accounts get their first coins."""
STRUCTURE_SHARES = (0.20, 0.10, 0.10, 0.12, 0.20, 0.10, 0.18)
"""The same for farms and look-alikes, so the shape of the funding alone says nothing."""

DRAWS = (
    "day", "hour", "lead", "wait", "fund", "digits", "share", "count",
    "tasks", "pace", "gaps", "patience", "tip", "sink", "exit", "noise", "source",
)  # fmt: skip
"""What an account draws; each can be tied within a group."""
FINE = ("hour", "wait", "gaps", "exit")
"""Draws measured on a clock: tied means minutes, not hours."""

FARMS: dict[int, tuple[str, ...]] = {
    STAR: ("star",),
    CHAIN: ("chain",),
    TREE: ("tree",),
    DISPERSE: ("disperse",),
    EXCHANGE: ("exchange_batch",),
    BRIDGE: ("bridge_batch",),
    OWN: ("sink_only", "behaviour_only"),
}
LOOKALIKES: dict[int, tuple[str, ...]] = {
    STAR: ("guild", "desk", "family"),
    CHAIN: ("one_person", "desk"),
    TREE: ("guild", "family", "payroll"),
    DISPERSE: ("payroll", "guild"),
    EXCHANGE: ("exchange_crowd", "exchange_crowd", "desk"),
    BRIDGE: ("relayer_crowd",),
    OWN: ("class", "quest_crowd", "victims"),
}
SMALL_ONLY = {"family": 10, "one_person": 10}
"""No larger than this: a family of 40 does not pass for one."""
KINDS = tuple(
    sorted({kind for table in (FARMS, LOOKALIKES) for kinds in table.values() for kind in kinds} | {"mixture"})
)

TIED: dict[str, tuple[str, ...]] = {
    "star": ("day", "hour", "wait"),
    "chain": ("day", "wait", "pace"),
    "tree": ("day", "hour", "share"),
    "disperse": ("fund", "wait", "tasks"),
    "exchange_batch": ("source", "day", "fund", "sink"),
    "sink_only": ("sink", "exit", "wait"),
    "behaviour_only": ("tasks", "count", "gaps"),
    "bridge_batch": ("day", "fund", "source"),
    "exchange_crowd": ("source", "day", "hour"),
    "payroll": ("fund", "digits", "hour"),
    "family": ("tasks", "hour", "sink"),
    "one_person": ("hour", "tip", "pace", "sink"),
    "class": ("day", "hour", "tasks", "gaps"),
    "quest_crowd": ("tasks", "count", "digits"),
    "guild": ("day", "fund", "tasks"),
    "relayer_crowd": ("day", "hour", "fund"),
    "victims": ("sink", "exit", "tip"),
    "desk": ("day", "fund", "digits", "sink"),
}
"""What a kind always tries to tie."""
