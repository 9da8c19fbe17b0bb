"""Campaign sources -> units: files that are read, checked, stored and replaced together."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import partial

from abuse import __version__
from abuse.campaign import Campaign, Source
from abuse.lake.digests import source_digest
from abuse.lake.matching import roots
from abuse.settings import Settings, digest


@dataclass(frozen=True, slots=True)
class Unit:
    """`digest` covers the bytes of the files and everything that decides how they are read."""

    kind: str
    chain: str
    sources: tuple[Source, ...]
    digest: str


def units(campaign: Campaign, settings: Settings, lake: str, *, keeps: bool = True) -> list[Unit]:
    """One unit per source, or per file of a transfers source, so that a new day's file is all that a night reads.

    The ethereum_etl files of a chain are one, because they complete each other; so are those of each part of it, where
    every file name says which part it is. Unless it `keeps` digests of files, nothing is written to the lake.
    """
    said_of = partial(_said, campaign, lake, keeps=keeps)
    tokens = [s for s in campaign.sources if s.format == "tokens"]
    prices = [said_of(s) for s in tokens]
    found = []
    for kind, sources in together(campaign):
        chain = sources[0].chain or campaign.chain
        shared = prices if kind in ("ethereum_etl", "transfers") else []
        is_own = campaign.id if kind in ("participation", "account_addresses") else ""
        by_account = kind != "participation" or accounts_are_addresses(campaign)
        rules = dataclasses.asdict(settings)["chains"]
        for part in _parts(kind, sources):
            said = [kind, chain, is_own, by_account, [said_of(s) for s in part], shared, rules, __version__]
            found.append(Unit(kind, chain, tuple(part), digest(said)))
    return found


def together(campaign: Campaign) -> list[tuple[str, list[Source]]]:
    """Sources that are read together, and the kind of their unit."""
    found: dict[tuple[str, str], list[Source]] = {}
    for source in campaign.sources:
        is_joint = source.format == "ethereum_etl" and source.table != "contracts"
        kind = "ethereum_etl" if is_joint else source.table
        kind = "transfer_pairs" if source.format == "transfer_pairs" else kind
        chain = source.chain or campaign.chain
        found.setdefault((kind, chain if is_joint else source.name), []).append(source)
    return [(kind, sources) for (kind, _), sources in found.items()]


def _parts(kind: str, sources: list[Source]) -> list[list[Source]]:
    if kind == "transfers":
        (source,) = sources
        return [[dataclasses.replace(source, path=path)] for path in roots(source)]
    return _by_wildcard(sources) if kind == "ethereum_etl" else [sources]


def _by_wildcard(sources: list[Source]) -> list[list[Source]]:
    """The sources once for each text their single `*` stands for; as they are when these texts differ among them.

    A source without `*`, a list of blocks say, goes to every part.
    """
    named = {s.name: _texts(s) for s in sources if "*" in s.path}
    texts = next(iter(named.values()), {})
    if not texts or "" in texts or any(set(of) != set(texts) for of in named.values()):
        return [sources]
    return [
        [dataclasses.replace(s, path=named[s.name][text]) if s.name in named else s for s in sources]
        for text in sorted(texts)
    ]


def _texts(source: Source) -> dict[str, str]:
    """What the `*` stands for -> the file; `""` where there is no telling."""
    if source.path.count("*") != 1:
        return {"": source.path}
    pattern = re.compile(re.escape(source.path).replace(r"\*", "(.*)"))
    return {found.group(1) if (found := pattern.fullmatch(path)) else "": path for path in roots(source)}


def accounts_are_addresses(campaign: Campaign) -> bool:
    """Unless a source says which addresses an account has."""
    return not any(s.table == "account_addresses" for s in campaign.sources)


def _said(campaign: Campaign, lake: str, source: Source, *, keeps: bool) -> dict[str, object]:
    said = dataclasses.asdict(source)
    del said["path"]
    return said | {"chain": source.chain or campaign.chain, "bytes": source_digest(source, lake, keeps=keeps)}
