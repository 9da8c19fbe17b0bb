"""One webhook for what a person must know: a task failed for good, a gate holds a night, a night is late.

The address is a secret, so it lives in the Airflow connection `farm_webhook`: `host` is the URL and `password`, if any,
is sent as a bearer token; a URL that is itself the secret goes into `password`, with `host` empty. Without such a
connection nothing is sent. A webhook that does not answer fails no task.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

log = logging.getLogger(__name__)
CONNECTION = "farm_webhook"
TRIES, TIMEOUT_S, LONGEST_TEXT = 3, 10, 600


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Following one would drop the message, since it becomes a GET, and give the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def send(event: str, text: str, **about: Any) -> bool:
    """Posts {"event", "text", ...}; whether it was taken. `text` is what chat tools show."""
    url, token = _address()
    if not url.startswith(("https://", "http://")):
        log.info("No webhook in connection %s: not sent: %s", CONNECTION, text)
        return False
    body = {"event": event, "text": plain(text)} | {key: value for key, value in about.items() if value is not None}
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body, default=str).encode(), headers)  # noqa: S310 - checked above
    for tried in range(TRIES):
        try:
            with OPENER.open(request, timeout=TIMEOUT_S):
                return True
        except Exception as why:  # its text may hold the URL
            log.warning("Webhook did not take the message (%s), try %d of %d", type(why).__name__, tried + 1, TRIES)
            time.sleep(tried)
    return False


def plain(text: str) -> str:
    """One line that no chat tool reads as markup or a mention: parts of it may be written by strangers."""
    line = " ".join(text.split())
    line = "".join(c for c in line if c.isprintable())[:LONGEST_TEXT]
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def failed(context: Mapping[str, Any]) -> None:
    """on_failure_callback: after the last retry."""
    task = context["task_instance"]
    send(
        "failed",
        f"{task.dag_id}.{task.task_id} failed for good in run {task.run_id}: {reason(context.get('exception'))}",
        dag_id=task.dag_id,
        task_id=task.task_id,
        dag_run_id=task.run_id,
        map_index=task.map_index,
        try_number=task.try_number,
        url=getattr(task, "log_url", None),
    )


def reason(why: object) -> str:
    """The project's own line, which says what to do, out of all that spark-submit printed around it."""
    lines = [line.strip() for line in str(why or "").splitlines() if line.strip()] or ["see its log"]
    ours = [line for line in lines if line.startswith("abuse: ")]
    return (ours or lines)[-1]


def late(dag_id: str, run_id: str) -> None:
    send("late", f"{dag_id} is not done yet: run {run_id}", dag_id=dag_id, dag_run_id=run_id)


def _address() -> tuple[str, str]:
    try:
        found = BaseHook.get_connection(CONNECTION)
    except Exception as why:
        log.debug("no connection %s (%s)", CONNECTION, type(why).__name__)
        return "", ""
    secret = found.password or ""
    url = found.host or secret
    mask_secret(url)
    return url, (secret if found.host else "")
