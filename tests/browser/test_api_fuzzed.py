"""What the API is described as, asked in every way that the description allows and in ways that it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.browser.farms import Farm, put
from tests.browser.server import Server

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CAMPAIGN, OURS = "fuzzed", Farm(202)
NUM_EXAMPLES = {"": 4, "vera": 8, "ann": 20, "bert": 12}
"""Of each operation, by who asks; nobody is told little."""
OPEN = ("/healthz", "/readyz", "/metrics")
FOR_VIEWERS = ("/reviews", "/appeals")
"""A viewer may leave a remark, and write down an appeal."""
REAL: dict[str, Any] = {
    "campaign_id": CAMPAIGN,
    "cluster_id": OURS.cluster_id,
    "account": OURS.members[0],
    "run_id": f"run-{CAMPAIGN}",
}


@pytest.fixture(scope="module")
def described(server: Server) -> Any:
    put(server.lake, CAMPAIGN, [OURS])
    bearer = server.staff.bearer("vera")
    time.sleep(0.3)  # it is looked for that often
    while requests.get(f"{server.url}/readyz", timeout=30).json()["behind"]:
        time.sleep(0.2)
    return schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json", headers=bearer)


def operations(described: Any) -> Iterator[Any]:
    for found in described.get_all_operations():
        yield found.ok()


def cases(operation: Any) -> st.SearchStrategy[Any]:
    """Half of them about what there is, so that they come further than the door; some as nobody may ask."""
    named = {name for name in REAL if f"{{{name}}}" in operation.path}
    ways = [operation.as_strategy()]
    if named:
        ways.append(operation.as_strategy(path_parameters={name: REAL[name] for name in named}))
    if named or operation.query or operation.body:
        ways.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(ways)


def about_somebody(case: Any, is_real: bool) -> Any:
    """A word about accounts that there are."""
    if is_real and isinstance(case.body, dict):
        for name, value in (("targets", OURS.members[:2]), ("account", OURS.members[0])):
            if name in case.body:
                case.body[name] = value
    return case


@pytest.mark.parametrize("who", NUM_EXAMPLES, ids=lambda who: who or "nobody")
def test_every_answer_is_as_described_and_none_is_a_fault(server: Server, described: Any, who: str) -> None:
    bearer = server.staff.bearer(who) if who else {}
    with requests.Session() as session:
        for operation in operations(described):
            _asked(operation, session, bearer, who)


def _asked(operation: Any, session: requests.Session, bearer: dict[str, str], who: str) -> None:
    @settings(
        max_examples=NUM_EXAMPLES[who],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), is_real=st.booleans())
    def ask(case: Any, is_real: bool) -> None:
        answer = about_somebody(case, is_real).call_and_validate(session=session, headers=bearer, checks=CHECKS)
        if operation.path not in OPEN:
            assert who or answer.status_code in (400, 401, 404, 405), (answer.status_code, operation.path)
        if who == "vera" and operation.method == "post" and not operation.path.endswith(FOR_VIEWERS):
            assert answer.status_code >= 400

    ask()


def test_every_operation_is_reached_by_somebody_who_may(server: Server, described: Any) -> None:
    """Else what is fuzzed is the door."""
    bearer = server.staff.bearer("bert")
    for operation in operations(described):
        if operation.method == "get":
            path = operation.path.format(**REAL, **{"account:path": REAL["account"]})
            assert requests.get(f"{server.url}{path}", headers=bearer, timeout=30).status_code == 200, path
