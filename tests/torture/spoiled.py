"""What may befall a row or a file on its way, drawn from a seed: other values, other bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.ingest.written import Row

NASTY = (
    *("", " ", "null", "None", "NaN", "-1", "-0", "+5", "1.5", "1e400", "1e18", str(2**256), str(10**80), "0x", "true"),
    *("0x" + "g" * 40, "0X" + "A" * 40, "0x" + "a" * 39, "0x" + "A" * 64, "ffffffff", "\u202e\u2066evil", "a\x00b"),
    *('=HYPERLINK("http://x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "'; DROP TABLE decisions; --", "{{7*7}}", "<script>"),
    *(
        "é" * 200,
        "\U0001f9a0" * 50,
        "x" * 20_000,
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01",
        "12:00",
    ),
    *("1772323200", "1772323200000", "2026-03-01T00:00:00+25:00", "03/01/2026", '"', '""', "a,b", "\\", "\\N", "\t"),
    *(
        "Infinity",
        "-Infinity",
        "0.0000000001",
        "1_000",
        "1,000",
        "\uff11\uff12",
        "\u0663",
        "\ufeff",
        "..",
        "/etc/passwd",
        "${HOME}",
    ),
)


def mutated(row: Row, rng: random.Random) -> Row:
    """One to three of its values are something else, or it is the twin of a good one."""
    for name in rng.sample(list(row), min(len(row), rng.choice((1, 1, 2, 3)))):
        row = row | {name: rng.choice(NASTY)}
    return row


def _flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 30)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _lines(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Callable[[bytes, random.Random], bytes]:
    """Changes lines of a text file; of another it flips bytes."""

    def mutate(content: bytes, rng: random.Random) -> bytes:
        if content[:4] in (b"PAR1", b"\x1f\x8b\x08\x00") or content[:2] == b"\x1f\x8b":
            return _flipped(content, rng)
        return b"".join(change(content.splitlines(keepends=True), rng))

    return mutate


FILE_MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes flipped": _flipped,
    "cut short": lambda content, rng: content[: rng.randrange(len(content))],
    "empty": lambda content, rng: b"",
    "only its header": _lines(lambda lines, rng: lines[:1]),
    "without its header": _lines(lambda lines, rng: lines[1:]),
    "its header twice": _lines(lambda lines, rng: lines[:1] + lines),
    "a column renamed": _lines(lambda lines, rng: [lines[0].replace(b"a", b"\xc3\xa4", 1), *lines[1:]]),
    "a column twice": _lines(lambda lines, rng: [lines[0].split(b",")[0] + b"," + lines[0], *lines[1:]]),
    "a row too long": _lines(lambda lines, rng: [*lines[:3], lines[3].rstrip() + b",more,and,more\n", *lines[4:]]),
    "a row too short": _lines(lambda lines, rng: [*lines[:3], lines[3].split(b",")[0] + b"\n", *lines[4:]]),
    "an open quote": _lines(lambda lines, rng: [*lines[:3], b'"' + lines[3], *lines[4:]]),
    "a line break in quotes": _lines(lambda lines, rng: [*lines[:3], b'"a\nb",' + lines[3], *lines[4:]]),
    "semicolons": _lines(lambda lines, rng: [line.replace(b",", b";") for line in lines]),
    "utf-16": _lines(lambda lines, rng: [b"".join(lines).decode("utf-8", "replace").encode("utf-16")]),
    "latin-1": _lines(lambda lines, rng: [*lines, b"\xe9\xe8\xff,\xfc\n"]),
    "a byte order mark": lambda content, rng: b"\xef\xbb\xbf" + content,
    "windows line ends": _lines(lambda lines, rng: [line.replace(b"\n", b"\r\n") for line in lines]),
    "zero bytes": lambda content, rng: content[: len(content) // 2] + b"\0" * 500 + content[len(content) // 2 :],
    "formula names": _lines(lambda lines, rng: [b"=cmd|' /C calc'!A0," + lines[0], *lines[1:]]),
    "doubled": lambda content, rng: content + content,
}
