"""What is told of a run -> its page: one file that runs nothing, loads nothing, and is safe wherever it is opened."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from xml.etree.ElementTree import Element

from abuse.operate.night_page import parts, workings
from abuse.operate.night_page.tags import Inside, html, tag
from abuse.operate.night_page.told import Told
from abuse.operate.page import moment

STYLE = files("abuse.operate.night_page").joinpath("night.css").read_text(encoding="utf-8")
INSIDE_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def policy(page: bytes) -> str:
    """The content security policy of a page: its own style, and nothing else."""
    found = INSIDE_STYLE.search(page)
    return _policy(found.group(1) if found else b"")


def _policy(style: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def page(told: Told) -> bytes:
    name = f"{_name(told)}, {moment(told.run.as_of.isoformat())}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(STYLE.encode())),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("title", f"Night of {name}"),
        _style(),
    )
    main = tag(
        "main",
        _head(told),
        workings.closed(told),
        workings.warnings(told),
        parts.verdicts(told),
        parts.flagged(told),
        parts.changes(told),
        parts.clusters(told),
        parts.services(told),
        workings.gates(told),
        workings.sources(told),
        workings.steps(told),
        workings.versions(told),
    )
    return html(tag("html", head, tag("body", main), lang="en")).encode()


def _style() -> Element:
    """Not by `tag`, which would show its line ends."""
    style = Element("style")
    style.text = STYLE
    return style


def _name(told: Told) -> str:
    return (told.run.report.get("campaign") or {}).get("name") or told.run.campaign_id


def _head(told: Told) -> Element:
    run = told.run
    said: list[Inside] = [tag("span", run.status, class_=f"state {run.status}"), " "]
    said += [f"Night of {moment(run.as_of.isoformat())}, campaign ", parts.mono(run.campaign_id), ", run "]
    said += [parts.mono(run.run_id), f", attempt {run.attempt}, ended {_second(told)}"]
    by = ": ".join(filter(None, [run.actor, run.reason]))
    return tag("header", tag("h1", _name(told)), tag("p", said), tag("p", by, class_="quiet") if by else None)


def _second(told: Told) -> str:
    return moment(told.run.finished_at.replace(microsecond=0).isoformat())
