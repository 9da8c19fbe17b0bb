"""The run report -> a page in the terminal or the log. Pure: everything it says is in the report.

Longer than 200 lines because the first third is the report's shape.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NotRequired, TypedDict

from rich.table import Table
from rich.text import Text

from abuse.operate.page import INDENT, listed, moment, printable, say, title
from abuse.plurals import counted

if TYPE_CHECKING:
    from rich.console import Console

BAR = 24
MINUTE = 60
WIDE = 24
CONTRACT = "contract:"
"""Gates of tables whose rows keep their contract; passed ones are one line."""
STYLES = {"published": "bold green", "held": "bold red"}


class SourceCount(TypedDict):
    """What became of the rows of one source."""

    source: str
    table: str
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    not_a_transfer: int
    after_as_of: int
    unknown_status: int
    note: str
    newest: NotRequired[str | None]
    conflicts: NotRequired[int]


class AssetCount(TypedDict):
    """How many movements of an asset count, and why the others do not."""

    asset: str
    is_listed: bool
    rows: int
    counting: int
    without_decimals: int
    without_price: int
    dust: int


class ClusterCount(TypedDict):
    """How many clusters, and how large: (sizes, clusters, accounts)."""

    num: int
    members: int
    largest: int
    largest_share: float
    by_size: list[tuple[str, int, int]]


class GateAnswer(TypedDict):
    """A gate and what it measured."""

    gate: str
    stage: str
    passed: bool
    value: float
    limit: float
    message: str
    detail: NotRequired[str | None]


class Truth(TypedDict):
    """The verdicts against what is known; `flagged` is disqualified or review."""

    precision: float | None
    recall: float | None
    flagged_precision: float | None
    flagged_recall: float | None
    false_by_kind: dict[str, int]


class Report(TypedDict):
    """What a run has to say about itself; the JSON of `runs.report`."""

    campaign: dict[str, str]
    as_of: str
    run_id: str
    attempt: int
    status: str
    lake: str
    page: NotRequired[str]
    sources: list[SourceCount]
    quarantine_reasons: dict[str, int]
    assets: NotRequired[list[AssetCount]]
    services: dict[str, dict[str, int]]
    links: dict[str, int]
    clusters: ClusterCount
    verdicts: dict[str, int]
    gates: list[GateAnswer]
    seconds: dict[str, float]
    warnings: list[str]
    next: list[str]
    truth: NotRequired[Truth]


def summary_line(report: Report) -> str:
    """The report in one line, for logs."""
    passed, gates = sum(gate["passed"] for gate in report["gates"]), len(report["gates"])
    run = f"{report['campaign']['id']} as of {moment(report['as_of'])} run {report['run_id']}"
    verdicts = ", ".join(_counts(report["verdicts"])) or "no participants"
    clusters = counted(report["clusters"]["num"], "cluster")
    return printable(
        f"{run} attempt {report['attempt']}: {report['status']}; {verdicts}; {clusters}; "
        f"{passed} of {counted(gates, 'gate')} passed; {counted(len(report['warnings']), 'warning')}; {_spent(report)}"
    )


def render(report: Report, console: Console) -> None:
    """Prints the page; under 60 lines on a normal night."""
    campaign, status = report["campaign"], Text(report["status"].upper(), STYLES.get(report["status"], "bold"))
    say(console, f"{campaign['name']} ({campaign['id']}), as of {moment(report['as_of'])}", "bold")
    console.print(status + Text(printable(f"  run {report['run_id']}, attempt {report['attempt']}, {_spent(report)}")))
    say(console, f"lake {report['lake']}", "dim")
    if page := report.get("page"):
        say(console, f"page {page}", "dim")
    _sources(report, console)
    _found(report, console)
    _verdicts(report, console)
    _gates(report["gates"], console)
    if report["status"] == "held":
        title(console, "Held: nothing public was changed. To publish it all the same")
        release = f"abuse release {report['run_id']} --lake {shlex.quote(report['lake'])} --reason 'why it is right'"
        say(console, f"  {release}")
    for name, lines in (("Warnings", report["warnings"]), ("Next", report["next"])):
        title(console, name, shown=bool(lines))
        for line in lines:
            say(console, f"  {line}", "yellow" if name == "Warnings" else "")


def _sources(report: Report, console: Console) -> None:
    title(console, "Sources")
    for source in report["sources"]:
        parts = _accounted(source)
        is_named = source["table"] in source["source"].replace("-", "_")
        name = source["source"] if is_named else f"{source['source']} ({source['table']})"
        first, *rest = (f"{n:,} {word}" for word, n in parts.items() if n or word == "kept")
        listed(console, name, [f"{source['rows_in']:>11,} in = {first}", *rest], between=" + ", indent=WIDE)
        missing = source["rows_in"] - sum(parts.values())
        if missing:
            wrong = f"{counted(abs(missing), 'row')} {'lost' if missing > 0 else 'too many'}"
            say(console, f"  ! {source['source']} does not add up: {wrong}", "bold red")
        num_unknown = source["unknown_status"]
        silent = counted(num_unknown, "row does not say whether it", "rows do not say whether they")
        unknown = f"{silent} succeeded" if num_unknown else ""
        newest = source.get("newest")
        until = f"until {moment(newest)}" if newest and source["table"] != "labels" else ""
        for note in (unknown, source["note"], until):
            listed(console, "", note.split(), between=" ", indent=WIDE)
    listed(console, "quarantined", _counts(report["quarantine_reasons"]))
    for asset in report.get("assets", []):
        listed(console, f"movements, {asset['asset']}", _counting(asset), indent=WIDE)


def _counting(asset: AssetCount) -> list[str]:
    """An asset that the campaign does not list counts as first coins alone."""
    why = {"of unknown decimals": asset["without_decimals"], "without price": asset["without_price"]}
    why |= {"dust": asset["dust"]} if asset["is_listed"] else {"that cannot tie anybody": asset["dust"]}
    return [f"{asset['counting']:,} of {asset['rows']:,} count", *(f"{n:,} {what}" for what, n in why.items() if n)]


def _accounted(source: SourceCount) -> dict[str, int]:
    """Every row that came in must be in one of these."""
    kept = {"kept": source["kept"], "quarantined": source["quarantined"], "duplicates": source["duplicates"]}
    return kept | {"not a transfer": source["not_a_transfer"], "after as-of": source["after_as_of"]}


def _found(report: Report, console: Console) -> None:
    title(console, "Found")
    inferred = {
        kind: f" ({n['inferred']:,} inferred)" * bool(n.get("inferred")) for kind, n in report["services"].items()
    }
    listed(console, "services", (f"{sum(n.values()):,} {k}{inferred[k]}" for k, n in report["services"].items()))
    listed(console, "links", _counts(report["links"]))
    found = report["clusters"]
    largest = f"largest {found['largest']:,} ({found['largest_share']:.1%} of participants)"
    listed(console, "clusters", [f"{found['num']:,} with {counted(found['members'], 'account')}", largest])
    listed(
        console,
        "by size",
        (f"{n:,} of {size} ({counted(members, 'account')})" for size, n, members in found["by_size"]),
    )
    listed(console, "time", (f"{step} {duration(seconds)}" for step, seconds in report["seconds"].items()))


def _verdicts(report: Report, console: Console) -> None:
    title(console, "Verdicts")
    total = sum(report["verdicts"].values())
    for verdict, n in report["verdicts"].items():
        share = n / total if total else 0.0
        say(console, f"  {_words(verdict):<{INDENT - 2}}{n:>11,}  {share:>6.1%}  {'#' * round(share * BAR)}".rstrip())
    if truth := report.get("truth"):
        title(console, "Against the truth")
        out, flagged = (truth["precision"], truth["recall"]), (truth["flagged_precision"], truth["flagged_recall"])
        for name, (precision, recall) in (("disqualified", out), ("with review", flagged)):
            listed(console, name, [f"precision {_share(precision)}", f"recall {_share(recall)}"])
        listed(console, "wrongly out", _counts(truth["false_by_kind"]))


def _gates(gates: list[GateAnswer], console: Console) -> None:
    title(console, f"Gates: {sum(gate['passed'] for gate in gates)} of {len(gates)} passed")
    grid = Table.grid(padding=(0, 2, 0, 0))
    kept = [gate["gate"].removeprefix(CONTRACT) for gate in gates if gate["passed"] and _is_contract(gate)]
    for gate in (g for g in gates if not (g["passed"] and _is_contract(g))):
        is_held = not gate["passed"]
        cells = "  HELD" if is_held else "  passed", gate["gate"], gate["stage"], figure(gate["value"])
        grid.add_row(
            *(Text(printable(cell)) for cell in (*cells, f"limit {figure(gate['limit'])}")),
            style="bold red" if is_held else "",
        )
    console.print(grid)
    if kept:
        say(console, f"  passed  the contracts of {counted(len(kept), 'table')}")
    for gate in gates:
        if not gate["passed"]:
            say(console, f"  ! {gate['gate']}: {gate['message']}", "bold red")


def _is_contract(gate: GateAnswer) -> bool:
    return gate["gate"].startswith(CONTRACT)


def _counts(counts: dict[str, int]) -> list[str]:
    return [f"{n:,} {_words(name)}" for name, n in counts.items()]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def figure(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def _spent(report: Report) -> str:
    return duration(sum(report["seconds"].values()))


def duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes // MINUTE} h {minutes % MINUTE} min" if minutes >= MINUTE else f"{minutes} min {rest} s"
