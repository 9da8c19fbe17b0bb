"""What is told of a run -> the sections of its page."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from abuse.operate.diff import ABSENT, plain
from abuse.operate.draw import bars
from abuse.operate.draw.nights import chart, latest_of_nights
from abuse.operate.night_page import pictures
from abuse.operate.night_page.tags import Inside, Row, table, tag
from abuse.operate.night_page.told import Told
from abuse.operate.page import moment
from abuse.plurals import counted
from abuse.settings import Policy
from abuse.tables import VERDICTS

MOST_NIGHTS = 14
NO_CLUSTERS = "No two participants are tied to each other."


def section(name: str, *inside: Inside | list[Element]) -> Element:
    return tag("section", tag("h2", name), *inside)


def quiet(text: str) -> Element:
    return tag("p", text, class_="quiet")


def badge(verdict: str | None) -> Element:
    return tag("span", (verdict or ABSENT).replace("_", " "), class_=f"badge {verdict or 'none'}")


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def verdicts(told: Told) -> Element:
    """Tonight beside the night before."""
    now = told.run.report.get("verdicts") or {}
    if not now:
        return section("Verdicts", quiet("The run did not come as far as verdicts."))
    night = next((one for one in latest_of_nights(told.earlier) if one.as_of < told.run.as_of), None)
    before = (night.report.get("verdicts") or {}) if night else {}
    total, heads = sum(now.values()), ["Verdict", "#Accounts", "#Share"]
    rows: list[Row] = []
    for name in VERDICTS:
        row: Row = [badge(name), now.get(name, 0), share(now.get(name, 0), total)]
        rows.append([*row, before.get(name, 0), _change(now.get(name, 0) - before.get(name, 0))] if before else row)
    if night and before:
        heads += [f"#{moment(night.as_of.isoformat())}", "#Change"]
    return section(f"Verdicts on {counted(total, 'account')}", pictures.verdict_bar(now), table(heads, rows))


def _change(num: int) -> str:
    return f"{num:+,}" if num else "none"


def flagged(told: Told) -> Element:
    """Night by night, with the band that a run must keep."""
    latest = latest_of_nights(told.earlier)
    drawn = chart(latest)
    if drawn is None:
        return section("Share flagged, night by night", quiet("No night has come as far as verdicts yet."))
    nights = [one for one in latest if one.report.get("verdicts")][:MOST_NIGHTS]
    rows = [
        [moment(one.as_of.isoformat()), one.status, *(one.report["verdicts"].get(name, 0) for name in VERDICTS)]
        for one in nights
    ]
    heads = ["Night (UTC)", "State", *(f"#{name.replace('_', ' ')}" for name in VERDICTS)]
    return section("Share flagged, night by night", _band(told), pictures.nights(drawn), table(heads, rows))


def _band(told: Told) -> Element | None:
    gate = next((one for one in told.gates if one["gate"] == "flagged_share"), None)
    policy = told.settings.policy if told.settings else None
    if gate is None or policy is None:
        return None
    band = f"{policy.min_flagged_share:.1%} to {policy.max_flagged_share:.1%}"
    holds = "within" if gate["passed"] else "outside"
    return tag("p", f"{gate['value']:.1%} of the accounts are flagged: {holds} the campaign's band, {band}.")


def changes(told: Told) -> Element:
    """Since the night before."""
    found, name = told.found, "Changes since the night before"
    if found.changes is None:
        return section(name, quiet("Nothing was published, so nothing is compared."))
    if not any(one.as_of < told.run.as_of and one.status == "published" for one in told.earlier):
        return section(name, quiet("No earlier night is published: there is nothing to compare with."))
    if not found.changes:
        return section(name, quiet("Nobody's verdict changed."))
    counts = table(
        ["Then", "Now", "#Accounts"], [[badge(was), badge(now), num] for (was, now), num in found.changes.items()]
    )
    rows: list[Row] = [
        [mono(one.account), badge(one.before), badge(one.after), [tag("div", line) for line in plain(one)]]
        for one in found.changed
    ]
    more = sum(found.changes.values()) - len(rows)
    return section(
        name,
        quiet(f"Compared with {moment(found.before_as_of.isoformat())}.") if found.before_as_of else None,
        counts,
        table(["Account", "Then", "Now", "Why"], rows),
        tag("p", f"and {more:,} more: see ", tag("code", "abuse diff"), class_="quiet") if more > 0 else None,
    )


def clusters(told: Told) -> Element:
    """How large they are, and what they score."""
    about = told.run.report.get("clusters") or {}
    if not about:
        return section("Clusters", quiet("The run did not come as far as clusters."))
    policy = told.settings.policy if told.settings else None
    drawn = bars.sizes(told.found.sizes, _size_marks(policy))
    if drawn is None:
        return section("Clusters", quiet(NO_CLUSTERS))
    said = (
        f"{counted(about['num'], 'cluster')} with {counted(about['members'], 'account')}; "
        f"the largest has {about['largest']:,}, {about['largest_share']:.1%} of the participants."
    )
    sizes = pictures.histogram(drawn, "Clusters by the number of their members")
    return section("Clusters", tag("p", said), tag("h3", "By size"), sizes, *_scores(told, policy))


def _size_marks(policy: Policy | None) -> dict[str, int]:
    return {f"{policy.min_cluster_size}: smaller ones are left alone": policy.min_cluster_size} if policy else {}


def _scores(told: Told, policy: Policy | None) -> Iterator[Element]:
    yield tag("h3", "By score")
    marks = {}
    if policy:
        marks = {f"score {policy.min_score_review:g}: looked at": policy.min_score_review}
        marks |= {f"lower bound {policy.min_score_lower:g}: may be out": policy.min_score_lower}
    drawn = bars.scores(told.found.scored, marks)
    if drawn is None:
        yield quiet("The run did not come as far as scores.")
        return
    words = (
        ("some", "large enough for the policy, by score"),
        ("lower", "the same by lower bound"),
        ("small", "too small, by score"),
    )
    yield pictures.histogram(drawn, "Clusters by their score, with the policy's thresholds", words)


def services(told: Told) -> Element:
    """How many of each kind, and those that deal with most."""
    by_kind: dict[str, dict[str, int]] = told.run.report.get("services") or {}
    if not by_kind:
        return section("Services", quiet("None is known."))
    rows: list[Row] = [
        [kind.replace("_", " "), sum(of.values()), of.get("label", 0), of.get("inferred", 0)]
        for kind, of in sorted(by_kind.items())
    ]
    top: list[Row] = [
        [one["name"] or "", one["kind"], one["basis"], mono(one["address"]), one["num_counterparties"], one["why"]]
        for one in told.found.services
    ]
    return section(
        "Services",
        quiet("They serve many, so they end trails and tie nobody; but a deposit address is one customer's."),
        table(["Kind", "#Addresses", "#By a list", "#By their traffic"], rows),
        tag("h3", "Those that deal with most"),
        table(["Name", "Kind", "Known by", "Address", "#Addresses it deals with", "Why it is one"], top),
    )


def mono(text: str) -> Element:
    return tag("span", text, class_="mono")
