"""Every page that a person may look at, as the lake of `showcase` fills it."""

from __future__ import annotations

from tests.browser.showcase import BIG, GIANT, SPRING
from tests.console.lakes import STRANGERS

ON = "/campaigns/spring"
SCREENS = {
    "overview": "/",
    "campaign": ON,
    "queue": f"{ON}/queue?show=all",
    "queue-second": f"{ON}/queue?show=approval",
    "queue-past": f"{ON}/queue?as_of=2026-04-01T00:00:00Z",
    "cluster": f"{ON}/clusters/{SPRING[1].cluster_id}",
    "cluster-decided": f"{ON}/clusters/{SPRING[2].cluster_id}",
    "cluster-giant": f"{ON}/clusters/{GIANT.cluster_id}",
    "cluster-10000": f"/campaigns/bench/clusters/{BIG}",
    "account": f"{ON}/accounts/{SPRING[0].members[0]}",
    "account-alone": f"{ON}/accounts/{STRANGERS[1]}",
    "appeals": f"{ON}/appeals",
    "audit": f"{ON}/audit",
    "dry-run": f"{ON}/dry-run",
    "dry-run-other": f"{ON}/dry-run?min_cluster_size=8&min_score_review=0.5&min_score_lower=0.86&min_evidence_kinds=4",
    "nights": f"{ON}/nights",
    "runs": f"{ON}/runs",
    "run": f"{ON}/runs/spring-1",
    "run-held": f"{ON}/runs/spring-2",
    "report": f"{ON}/runs/spring-1/report",
    "login": "/login",
    "error": f"{ON}/accounts/0xnobody",
    "none-campaign": "/campaigns/held",
    "none-published": "/campaigns/held/queue",
    "none-queue": "/campaigns/quiet/queue",
    "none-appeals": "/campaigns/quiet/appeals",
    "none-audit": "/campaigns/quiet/audit",
    "none-nights": "/campaigns/quiet/nights",
}
"""Name of the picture -> its page. `none-` are those on which there is nothing yet."""
LOGIN = "login"
READER = "bert"
"""An approver is offered everything."""
WIDTHS = (1440, 800)
EMPTY = "none-at-all"
"""The first page of a lake that was never used."""
