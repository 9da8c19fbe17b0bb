"""What is told of a run -> how it came about: gates, rows of each source, time, warnings, versions."""

from __future__ import annotations

import re
import shlex
from typing import Any
from xml.etree.ElementTree import Element

from abuse.operate.night_page import pictures
from abuse.operate.night_page.parts import mono, quiet, section
from abuse.operate.night_page.tags import Inside, Row, table, tag
from abuse.operate.night_page.told import Told
from abuse.operate.report import CONTRACT, duration, figure
from abuse.plurals import counted
from abuse.quality.runbook import advice
from abuse.registry import STEPS

ACCOUNTED = ("kept", "quarantined", "duplicates", "not_a_transfer", "after_as_of")


def closed(told: Told) -> Element | None:
    """What holds the run, and what to do about it."""
    shut = [gate for gate in told.gates if not gate["passed"]]
    if not shut:
        return None
    is_held = told.run.status == "held"
    release = f"abuse release {told.run.run_id} --lake {shlex.quote(told.lake)} --reason 'why it is right'"
    return tag(
        "section",
        tag("h2", "Held: nothing public was changed" if is_held else "Gates that did not pass"),
        [_advised(gate) for gate in shut],
        [tag("p", "To publish it all the same:"), tag("pre", release)] if is_held else None,
        class_="alert",
    )


def _advised(gate: dict[str, Any]) -> Element:
    known = advice(gate["gate"])
    lines = [("It means", known.means), ("Look at", known.look), ("Do", known.do)] if known else []
    told = [tag("div", tag("dt", name), tag("dd", _marked(text))) for name, text in lines]
    return tag("div", tag("h3", gate["gate"]), tag("p", gate["message"]), tag("dl", told) if told else None)


def _marked(text: str) -> list[Inside]:
    """The runbook's marks: code between `, stress between *."""
    parts = re.split(r"`([^`]+)`|\*([^*]+)\*", text)
    found: list[Inside] = []
    for word, code, stress in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        found += [word, tag("code", code) if code else None, tag("em", stress) if stress else None]
    return found


def gates(told: Told) -> Element:
    """Contracts that were kept are one line."""
    kept = [gate for gate in told.gates if gate["passed"] and gate["gate"].startswith(CONTRACT)]
    rows = [
        [_state(gate), gate["stage"], gate["gate"], figure(gate["value"]), figure(gate["limit"]), gate["message"]]
        for gate in told.gates
        if gate not in kept
    ]
    if not told.gates:
        return section("Gates", quiet("None was asked."))
    heads = ["Answer", "Asked of", "Gate", "#Measured", "#Limit", "In words"]
    num = sum(gate["passed"] for gate in told.gates)
    return section(
        f"Gates: {num} of {len(told.gates)} passed",
        table(heads, rows),
        quiet(f"and the contracts of {counted(len(kept), 'table')} are kept") if kept else None,
    )


def _state(gate: dict[str, Any]) -> Element:
    word, state = ("passed", "published") if gate["passed"] else ("not passed", "held")
    return tag("span", word, class_=f"state {state}")


def sources(told: Told) -> Element:
    """Every row that came in is in one of the columns behind it."""
    rows: list[Row] = []
    for one in told.run.report.get("sources") or []:
        missing = one.get("rows_in", 0) - sum(one.get(name, 0) for name in ACCOUNTED)
        note = (
            f"{counted(abs(missing), 'row')} {'lost' if missing > 0 else 'too many'}"
            if missing
            else one.get("note", "")
        )
        rows.append([one["source"], one.get("rows_in", 0), *(one.get(name, 0) for name in ACCOUNTED), note])
    if not rows:
        return section("Rows read", quiet("Not written down."))
    heads = ["Source", "#Rows in", *(f"#{name.replace('_', ' ')}" for name in ACCOUNTED), "Note"]
    reasons = told.run.report.get("quarantine_reasons") or {}
    said = ", ".join(f"{num:,} {name.replace('_', ' ')}" for name, num in sorted(reasons.items()))
    links = told.run.report.get("links") or {}
    tied = ", ".join(f"{num:,} {name.replace('_', ' ')}" for name, num in sorted(links.items()))
    return section(
        "Rows read",
        quiet("Rows in = kept + quarantined + duplicates + not a transfer + after as-of, to the row."),
        table(heads, rows),
        tag("p", f"Quarantined: {said}.") if said else None,
        tag("p", f"Links found: {tied}.") if tied else None,
    )


def steps(told: Told) -> Element:
    took: dict[str, float] = told.run.report.get("seconds") or {}
    if not took:
        return section("Time", quiet("Not written down."))
    named = [name for name in STEPS if name in took] + sorted(name for name in took if name not in STEPS)
    ordered = {name: took[name] for name in named}
    rows: list[Row] = [
        [name, duration(spent), bar]
        for (name, spent), bar in zip(ordered.items(), pictures.seconds(ordered), strict=True)
    ]
    return section(f"Time: {duration(sum(took.values()))}", table(["Step", "#Took", "Beside the slowest"], rows))


def warnings(told: Told) -> Element | None:
    said = told.run.report.get("warnings") or []
    return tag("section", tag("h2", "Warnings"), tag("ul", [tag("li", line) for line in said])) if said else None


def versions(told: Told) -> Element:
    """What would have to be the same for the same rows."""
    run, policy = told.run, told.settings.policy if told.settings else None
    about: list[tuple[str, Inside]] = [
        ("Code", f"campaign-abuse {told.version}" if told.version else "not kept"),
        ("Policy", policy.version if policy else "not kept"),
        ("Model", ", ".join(told.found.models) or "none was asked"),
        ("Reviews it knows", run.report.get("reviews")),
        ("Lake", mono(told.lake)),
    ]
    if policy:
        numbers = {name: getattr(policy, name) for name in type(policy).__dataclass_fields__ if name != "version"}
        about += [(f"policy.{name}", f"{value:g}") for name, value in numbers.items()]
    about += [(f"table {name}", f"version {number}") for name, number in sorted(run.versions.items())]
    told_of = [tag("div", tag("dt", name), tag("dd", value)) for name, value in about if value is not None]
    return section("Made with", tag("dl", told_of, class_="facts"))
