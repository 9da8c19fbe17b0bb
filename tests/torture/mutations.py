"""Ten thousand mutated rows in twenty ingests, five hundred mutated files: quarantine, a gate or one clear line.

Every row is accounted for, and nothing but an error that an operator can fix comes out.
"""

from __future__ import annotations

import gzip
import io
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from abuse.campaign import load_campaign
from abuse.edge.context import Night
from abuse.edge.ingest import check_sources, ingest
from abuse.errors import AbuseError, CheckError
from abuse.lake.delta import Lake
from tests.ingest.mixtures import AS_OF, FATES, KINDS, Kind
from tests.ingest.written import Row, csv_text, write
from tests.torture.kill import raise_if
from tests.torture.session import Nights, started
from tests.torture.spoiled import FILE_MUTATIONS, mutated

BATCHES, GOOD, BAD = 20, 20, 42
FILES, TOGETHER = 500, 10
QUICK_FILES = 30
HEAD = """id = "mutated"
name = "Mutated"
chain = "base"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-03-29T00:00:00Z
"""


def mutations(folder: Path, *, is_quick: bool = False) -> None:
    """Prints what became of rows and files; raises SystemExit where one is lost or something else is raised."""
    nights = started()
    wrong = rows(nights, folder / "rows", 1 if is_quick else BATCHES)
    wrong += files(nights, folder / "files", QUICK_FILES if is_quick else FILES)
    raise_if(wrong > 0)


def rows(nights: Nights, folder: Path, batches: int) -> int:
    """How many batches lost a row or raised what they should not."""
    fates: Counter[str] = Counter()
    num = wrong = 0
    for batch in range(batches):
        rng, written, text = random.Random(batch), dict[str, int](), HEAD
        for kind in KINDS:
            own = [kind.kept(n) for n in range(GOOD)]
            own += [mutated(kind.kept(rng.choice((GOOD + n, n % GOOD))), rng) for n in range(BAD)]
            own = [row for row in own if is_row(row)]
            rng.shuffle(own)
            path = write(folder / f"{batch}" / kind.file, own)
            written[path.name.partition(".")[0]], num = len(own), num + len(own) - GOOD
            text += source(kind, path.name)
        found, error = ingested(nights, folder / f"{batch}", text)
        lost = [name for name, line in found.items() if sum(line[fate] for fate in FATES) != written[name]]
        wrong += bool(lost) or error is not None
        for line in found.values():
            fates.update({fate: line[fate] for fate in FATES})
        if lost or error:
            print(f"batch {batch}: lost rows of {lost}, {error!r}", flush=True)
    print(f"{num:,} mutated rows in {batches} ingests: {dict(fates)}; batches that went wrong {wrong}", flush=True)
    return wrong


def is_row(row: Row) -> bool:
    """A blank line of a file with one column is none; an empty one is written in quotes."""
    return len(row) > 1 or not "".join(row.values()).isspace()


def source(kind: Kind, name: str, called: str = "") -> str:
    text = f'\n[[sources]]\nformat = "{kind.format}"\npath = "{name}"\n'
    text += f'table = "{kind.table}"\n' if kind.table else ""
    return text + (f'name = "{called}"\n' if called else "")


def ingested(nights: Nights, folder: Path, text: str) -> tuple[dict[str, dict[str, Any]], Exception | None]:
    """Counts by source; or what was raised."""
    try:
        record = ingest(night(nights, folder, text))
    except Exception as why:
        return {}, why
    return {line["source"]: line for line in record["sources"]}, None


def night(nights: Nights, folder: Path, text: str) -> Night:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "campaign.toml"
    file.write_text(text)
    campaign, settings = load_campaign(file, nights.settings)
    as_of = datetime.fromtimestamp(AS_OF.timestamp(), UTC)
    return Night(Lake(str(folder / "lake"), nights.spark), campaign, settings, as_of)


def files(nights: Nights, folder: Path, num: int) -> int:
    """How many files raised what they should not."""
    fates: Counter[str] = Counter()
    passed: list[tuple[Kind, str]] = []
    (folder / "all").mkdir(parents=True)
    good = whole(folder / "good")
    _, fault = ingested(nights, folder / "alone", HEAD + good)
    if fault is not None:
        raise SystemExit(f"what is beside each file is not whole: {fault}")
    for number in range(num):
        rng = random.Random(number)
        kind, how = KINDS[number % len(KINDS)], list(FILE_MUTATIONS)[number % len(FILE_MUTATIONS)]
        name = f"{number:04d}-{kind.file}"
        content = rendered(kind, [kind.kept(n) for n in range(GOOD)])
        (folder / "all" / name).write_bytes(FILE_MUTATIONS[how](content, rng))
        try:
            check_sources(night(nights, folder / "all", HEAD + good + source(kind, name, f"m{number}")))
        except Exception as why:
            fates[told(why, f"{name}, {how}")] += 1
        else:
            passed.append((kind, name))
    for first in range(0, len(passed), TOGETHER):
        together(nights, folder / f"{first}", folder / "all", good, passed[first : first + TOGETHER], fates)
    print(f"{num} mutated files: {dict(fates)}", flush=True)
    return fates["RAISED"]


def whole(folder: Path) -> str:
    """Sources without a fault, so that what ends a night is the file beside them: who took part, by which addresses."""
    return "".join(
        source(kind, str(write(folder / kind.file, [kind.kept(n) for n in range(GOOD)])), called)
        for kind, called in zip(KINDS[:2], ("people", "theirs"), strict=True)
    )


def together(
    nights: Nights, folder: Path, where: Path, good: str, some: list[tuple[Kind, str]], fates: Counter[str]
) -> None:
    """Ingests these files at once; where that ends in an error, without the one it names, or one by one."""
    text = HEAD + good + "".join(source(kind, str(where / name), f"m{at}") for at, (kind, name) in enumerate(some))
    _, why = ingested(nights, folder, text)
    if why is None:
        fates["ingested, to the row"] += len(some)
        return
    named = [at for at in range(len(some)) if f"source m{at}:" in str(why)] if len(some) > 1 else [0]
    for at in named[:1]:
        fates[told(why, some[at][1])] += 1
        if rest := some[:at] + some[at + 1 :]:
            together(nights, folder / "rest", where, good, rest, fates)
    if not named:
        for at, one in enumerate(some):
            together(nights, folder / f"{at}", where, good, [one], fates)


def told(why: Exception, what: str) -> str:
    """A clear error, or RAISED: a bug, and printed."""
    is_clear = isinstance(why, AbuseError) and not isinstance(why, CheckError) and "\n" not in str(why)
    if not is_clear:
        print(f"{what}: {type(why).__name__} {str(why)[:300]}", flush=True)
    return "clear error" if is_clear else "RAISED"


def rendered(kind: Kind, some: list[Row]) -> bytes:
    """The file as a mutation finds it."""
    if kind.file.endswith(".parquet"):
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(some), out)
        return out.getvalue()
    text = csv_text(some).encode()
    return gzip.compress(text, mtime=0) if kind.file.endswith(".gz") else text
