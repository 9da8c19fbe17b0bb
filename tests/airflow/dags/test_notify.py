"""The webhook: what a person gets, and that its address stays a secret."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest

from farm import notify
from tests.airflow.receiver import Receiver

SECRET = "s3cr3t-t0ken"  # noqa: S105


def connect(monkeypatch: pytest.MonkeyPatch, **parts: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FARM_WEBHOOK", json.dumps({"conn_type": "http"} | parts))
    monkeypatch.setattr("time.sleep", lambda _: None)


def test_a_message_arrives_with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as hook:
        connect(monkeypatch, host=hook.url, password=SECRET)
        assert notify.send("held", "spring is held", run_id="r1", nothing=None)
    assert hook.messages == [{"event": "held", "text": "spring is held", "run_id": "r1"}]
    assert hook.tokens == [f"Bearer {SECRET}"]


def test_an_address_that_is_itself_the_secret_is_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as hook:
        connect(monkeypatch, password=f"{hook.url}/services/{SECRET}")
        assert notify.send("late", "late")
    assert hook.tokens == [None]


def test_it_tries_again_and_then_lets_the_night_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Receiver(503, 500) as hook, caplog.at_level(logging.DEBUG):
        connect(monkeypatch, password=f"{hook.url}/services/{SECRET}")
        assert notify.send("held", "x"), "the third try"
        hook.statuses = [500] * 3
        assert notify.send("held", "x") is False
    connect(monkeypatch, password=f"http://127.0.0.1:1/{SECRET}")
    with caplog.at_level(logging.DEBUG):
        assert notify.send("held", "nobody listens") is False
    assert "did not take the message" in caplog.text
    assert SECRET not in caplog.text


def test_without_a_connection_nothing_is_sent_and_the_text_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_FARM_WEBHOOK", raising=False)
    with caplog.at_level(logging.INFO):
        assert notify.send("held", "spring is held") is False
    assert "not sent: spring is held" in caplog.text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!channel> <https://evil|here>", "&lt;!channel&gt; &lt;https://evil|here&gt;"),
        ("two\nlines\r\n\x1b[31mred\u202e", "two lines [31mred"),
        ("x" * 5000, "x" * notify.LONGEST_TEXT),
    ],
)
def test_text_that_strangers_wrote_is_one_plain_line(written: str, shown: str) -> None:
    assert notify.plain(written) == shown


def test_a_failure_names_dag_task_run_and_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    task = SimpleNamespace(dag_id="farm_nightly", task_id="night.ingest", run_id="r", map_index=2, try_number=3)
    with Receiver() as hook:
        connect(monkeypatch, host=hook.url)
        notify.failed({"task_instance": task, "exception": ValueError("no such file")})
    (message,) = hook.messages
    assert message["text"] == "farm_nightly.night.ingest failed for good in run r: no such file"
    assert (message["event"], message["map_index"], message["try_number"]) == ("failed", 2, 3)


def test_a_redirect_is_not_followed_since_the_message_would_be_lost_and_the_token_given_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver() as elsewhere, Receiver(302, 302, 302) as hook:
        hook.location = elsewhere.url
        connect(monkeypatch, host=hook.url, password=SECRET)
        assert notify.send("held", "x") is False
    assert elsewhere.seen == []
