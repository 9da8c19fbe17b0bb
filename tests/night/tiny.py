"""A campaign of 27 accounts with one of everything, in our own `transfers` format."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = "2026-05-01T00:00:00Z"
EARLY = "2026-03-25T00:00:00Z"
"""All of the farm but its straggler has begun, not all of the staff."""
FIRST = "2026-03-21T00:30:00Z"
"""Five of the farm and five of the staff have begun: too few to be flagged."""
FARM, STAFF, HONEST = 9, 9, 6
EXCHANGE, OPERATOR, COMPANY, SINK, ELSEWHERE = (f"0x{c * 40}" for c in "abcde")


def address(group: int, n: int) -> str:
    return f"0x{group:02d}{n:038d}"


def farm() -> list[str]:
    return [address(1, n) for n in range(FARM)]


def staff() -> list[str]:
    return [address(2, n) for n in range(STAFF)]


def honest() -> list[str]:
    return [address(3, n) for n in range(HONEST)]


STRAGGLER, UNKNOWN, LATE = address(1, FARM), address(4, 0), address(5, 0)
"""The first was paid with the farm and begins ten days after it: money ties it, time does not."""


def write(folder: Path, *, seed: int = 0, policy: str = "") -> Path:
    """The campaign file; `seed` only shuffles the rows of its sources."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    actions = [(a, START + timedelta(days=20, minutes=7 * n)) for n, a in enumerate(farm())]
    actions += [(a, START + timedelta(days=4 * n, hours=3)) for n, a in enumerate(staff())]
    actions += [(a, START + timedelta(days=6 * n + 1)) for n, a in enumerate(honest())]
    actions += [(a, START + timedelta(days=d)) for a, d in ((STRAGGLER, 30), (UNKNOWN, 9), (LATE, 400))]
    _csv(folder / "participation.csv", ("account", "at", "volume_usd"), [(a, _iso(t), "10.5") for a, t in actions], rng)
    moves = [_pay(n, OPERATOR, a, START + timedelta(days=18, minutes=n)) for n, a in enumerate(farm())]
    moves.append(_pay(400, ELSEWHERE, OPERATOR, START - timedelta(days=9), "5"))  # so its history is known
    moves.append(_pay(FARM, OPERATOR, STRAGGLER, START + timedelta(days=18, minutes=FARM)))
    moves += [_pay(100, COMPANY, a, START - timedelta(days=2), position=n) for n, a in enumerate(staff())]
    moves += [_pay(200 + n, EXCHANGE, a, START - timedelta(days=n + 1)) for n, a in enumerate(honest())]
    moves += [_pay(300 + n, a, SINK, START + timedelta(days=30, minutes=n), "0.03") for n, a in enumerate(farm()[:4])]
    names = ("tx_hash", "at", "sender", "recipient", "asset", "amount_raw", "initiator", "position")
    moves.append((_hash(900), "never", farm()[0], SINK, "native", "-5", "", "0"))  # two faults, for quarantine
    _csv(folder / "transfers.csv", names, moves + moves[:1], rng)
    _csv(folder / "labels.csv", ("address", "label"), [(EXCHANGE, "exchange")], rng)
    text = f"""id = "tiny"
name = "Tiny"
chain = "ethereum"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-04-10T00:00:00Z

[ingest]
max_stale_days = 30

[policy]
max_flagged_share = 0.8
max_component_share = 0.5
{policy}

[[sources]]
format = "participation"
path = "participation.csv"

[[sources]]
format = "transfers"
path = "transfers.csv"

[[sources]]
format = "address_labels"
path = "labels.csv"
"""
    file = folder / "campaign.toml"
    file.write_text(text)
    return file


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _hash(n: int) -> str:
    """A hash of zeros would be none."""
    return f"0x{n + 1:064x}"


def _pay(n: int, sender: str, recipient: str, at: datetime, coins: str = "0.05", position: int = 0) -> tuple[str, ...]:
    raw = str(int(float(coins) * 10**18))
    return (_hash(n), _iso(at), sender, recipient, "native", raw, sender, str(position))


def _csv(path: Path, names: tuple[str, ...], rows: list[tuple[str, ...]], rng: random.Random) -> None:
    shuffled = list(rows)
    rng.shuffle(shuffled)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(shuffled)
