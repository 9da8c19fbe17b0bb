"""A header that names somebody is believed from the proxies of the settings, and from nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from abuse.console.who.access import Access
from abuse.console.who.proxies import Proxies
from abuse.settings import Console
from tests.console.conftest import RULES, Served
from tests.console.lakes import FARM, MEMBERS
from tests.console.people import API, ON, Staff, form_of, said

CLUSTER = f"{ON}/clusters/{FARM}"
WORD = {"action": "confirm", "reason_code": "one_operator"}


PROXY = Console(poll_s=0.0, identity_header="X-Forwarded-User", role_header="X-Forwarded-Role", proxies=("10.0.0.0/8",))


def _from(client: TestClient, address: str) -> TestClient:
    return TestClient(client.app, str(client.base_url), client=(address, 1), raise_server_exceptions=False,
                      follow_redirects=False)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.1.2.3", [("X-Forwarded-User", "Ana Müller"), ("X-Forwarded-Role", "Reviewer")], 200),
        ("192.0.2.1", [("X-Forwarded-User", "ann"), ("X-Forwarded-Role", "approver")], 401),
        ("192.0.2.1", [("X-Forwarded-Role", "approver")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "ann")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "ann"), ("X-Forwarded-Role", "root")], 401),
        ("10.1.2.3", [("X-Forwarded-User", ""), ("X-Forwarded-Role", "viewer")], 401),
        ("10.1.2.3", [("X-Forwarded-User", "eve"), ("X-Forwarded-User", "a"), ("X-Forwarded-Role", "viewer")], 401),
        ("10.1.2.3", [], 303),
    ],
)
def test_a_header_is_believed_from_a_proxy_of_the_settings_alone(
    served: Served, lake: Path, staff: Staff, address: str, headers: list[tuple[str, str]], status: int
) -> None:
    access = Access(keys=staff.access.keys, proxies=Proxies.of(PROXY))
    client = _from(served(lake, PROXY, access=access), address)
    sent = [(name.encode(), value.encode()) for name, value in headers]
    answer = client.get(f"{ON}/queue", headers=sent)
    assert answer.status_code == status
    if status == 200:
        assert "Ana Müller" in answer.text
    signed = [*sent, (b"authorization", f"Bearer {staff.token['ann']}".encode())]
    assert client.get(f"{API}/decisions", headers=signed).status_code == (401 if status == 401 else 200)


def test_whom_a_proxy_vouches_for_writes_by_forms_of_their_own(served: Served, ours: Path) -> None:
    client = _from(served(ours, PROXY, access=Access(proxies=Proxies.of(PROXY))), "10.0.0.7")
    ann, eve = ({"X-Forwarded-User": name, "X-Forwarded-Role": "reviewer"} for name in ("ann", "eve"))
    form = form_of(client.get(CLUSTER, headers=ann).text, CLUSTER) | WORD
    assert client.post(CLUSTER, data=form, headers=eve).status_code == 403
    assert client.post(CLUSTER, data=form, headers=ann).status_code == 303
    assert {row["actor"] for row in said(ours)} == {"ann"}
    body = {"action": "note", "targets": [MEMBERS[0]], "note": "x"}
    cross = ann | {"sec-fetch-site": "cross-site"}
    assert client.post(f"{API}/reviews", json=body, headers=cross).status_code == 403
    assert client.post(f"{API}/reviews", json=body, headers=ann).status_code == 201
    assert client.post("/login", data={"token": "x"}).status_code == 401, "there are no tokens here"


def test_settings_name_a_proxy_whole_or_not_at_all() -> None:
    for wrong in ({"identity_header": "X-User"}, {"proxies": ("10.0.0.1",)}, {"role_header": "X-Role"}):
        with pytest.raises(ValueError, match="set together"):
            Console(**wrong)
    with pytest.raises(ValueError, match="an address or a network"):
        Console(identity_header="a", role_header="b", proxies=("everywhere",))
    assert Proxies.of(RULES) is None
