"""Records of a night -> the run report, for run_report.json, `runs` and the terminal."""

from __future__ import annotations

import shlex
from typing import Any

from abuse.edge.context import Night
from abuse.operate.night_page.kept import address
from abuse.plurals import agreeing, counted
from abuse.quality.gates import Gate


def report_of(night: Night, status: str, attempt: int, gates: list[Gate]) -> dict[str, Any]:
    """Everything ops look at first; parts a held run did not reach are empty."""
    record = night.record
    ingest = record["ingest"]
    return {
        "campaign": {"id": night.campaign.id, "name": night.campaign.name},
        "as_of": night.as_of.isoformat(),
        "run_id": night.run.run_id,
        "base": ingest.get("base"),
        "reviews": len(ingest.get("reviews", ())),
        "requeue_share": night.settings.policy.requeue_share,
        "attempt": attempt,
        "status": status,
        "lake": night.lake.uri,
        "page": page_of(night),
        "sources": ingest["sources"],
        "quarantine_reasons": ingest["quarantine_reasons"],
        "assets": ingest.get("assets", []),
        "participants": ingest["participants"],
        "services": record.get("services", {}).get("services", {}),
        "links": record.get("links", {}).get("links", {}),
        "clusters": record.get("clusters", {}).get("clusters", {}),
        "verdicts": record.get("decide", {}).get("verdicts", {}),
        "gates": [gate.row() for gate in gates],
        "seconds": {step: made.get("seconds", 0.0) for step, made in record.items()},
        "warnings": ingest["warnings"] + called_services(record.get("services", {})),
        "next": next_commands(night, status),
    }


def page_of(night: Night) -> str:
    """Where the run's page lies."""
    return address(night.lake.uri, night.campaign.id, night.as_of, night.run.run_id)


def called_services(services: dict[str, Any]) -> list[str]:
    """Participants that a list calls a service."""
    return [
        f"A label list calls {counted(num, 'participant')} {kind}: "
        f"nothing ties {agreeing(num, 'it, and its decision', 'them, and each decision')} says so."
        for kind, num in services.get("participants_called_services", {}).items()
    ]


def next_commands(night: Night, status: str) -> list[str]:
    """What a person would try next; the console last, where the eye ends."""
    lake, campaign = shlex.quote(night.lake.uri), night.campaign.id
    gates, serve = f"abuse gates --lake {lake} --run {night.run.run_id}", f"abuse review serve --lake {lake}"
    if status == "held":
        return [gates, serve]
    return [f"abuse why ACCOUNT --campaign {campaign} --lake {lake}", f"abuse runs --lake {lake}", gates, serve]
