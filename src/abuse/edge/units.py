"""Campaign sources -> units: files that are read, checked, stored and replaced together."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from abuse import __version__
from abuse.campaign import Campaign, Source
from abuse.lake.files import file_digest
from abuse.settings import Settings, digest


@dataclass(frozen=True, slots=True)
class Unit:
    """`digest` covers the bytes of the files and everything that decides how they are read."""

    kind: str
    chain: str
    sources: tuple[Source, ...]
    digest: str


def units(campaign: Campaign, settings: Settings) -> list[Unit]:
    """One unit per source; the ethereum_etl files of a chain are one, because they complete each other."""
    tokens = [s for s in campaign.sources if s.format == "tokens"]
    prices = [_said(s, campaign) for s in tokens]
    together: dict[tuple[str, str], list[Source]] = {}
    for source in campaign.sources:
        chain = source.chain or campaign.chain
        is_joint = source.format == "ethereum_etl" and source.table != "contracts"
        kind = "ethereum_etl" if is_joint else source.table
        kind = "transfer_pairs" if source.format == "transfer_pairs" else kind
        together.setdefault((kind, chain if is_joint else source.name), []).append(source)
    found = []
    for (kind, _), sources in together.items():
        chain = sources[0].chain or campaign.chain
        shared = prices if kind in ("ethereum_etl", "transfers") else []
        is_own = campaign.id if kind in ("participation", "account_addresses") else ""
        by_account = kind != "participation" or _accounts_are_addresses(campaign)
        rules = dataclasses.asdict(settings)["chains"]
        said = [kind, chain, is_own, by_account, [_said(s, campaign) for s in sources], shared, rules, __version__]
        found.append(Unit(kind, chain, tuple(sources), digest(said)))
    return found


def _accounts_are_addresses(campaign: Campaign) -> bool:
    """Unless a source says which addresses an account has."""
    return not any(s.table == "account_addresses" for s in campaign.sources)


def _said(source: Source, campaign: Campaign) -> dict[str, object]:
    said = dataclasses.asdict(source)
    del said["path"]
    return said | {"chain": source.chain or campaign.chain, "bytes": file_digest(source)}
