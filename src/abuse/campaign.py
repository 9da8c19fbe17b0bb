"""A campaign file (TOML): who, when, what counts, and where its sources are."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import available_timezones

from abuse.address import is_remote, parse_address
from abuse.bounds import require
from abuse.errors import InputError
from abuse.settings import NATIVE, Clusters, Features, Ingest, Links, Policy, Services, Settings, Trails, digest
from abuse.toml import Reader

ETHEREUM_ETL = ("transactions", "token_transfers", "traces", "blocks", "receipts", "contracts")
FORMATS: dict[str, tuple[str, ...]] = {
    "participation": ("participation",),
    "account_addresses": ("account_addresses",),
    "ethereum_etl": ETHEREUM_ETL,
    "tokens": ("tokens",),
    "transfers": ("transfers",),
    "transfer_pairs": ("transfers",),
    "address_labels": ("labels",),
}
SECTIONS = {"policy": Policy, "services": Services, "trails": Trails, "links": Links, "clusters": Clusters}
SECTIONS |= {"features": Features, "ingest": Ingest}
"""What of the settings a campaign may override in sections of the same names."""
FILE_KINDS = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file, or a glob of files, and how to read it."""

    format: str
    """How its columns are to be understood."""
    path: str
    """A file, a glob or a folder, relative to the campaign file; `${VAR:-default}` is expanded."""
    table: str = ""
    """Which table it holds; only ethereum_etl needs it said."""
    name: str = ""
    """What reports call it; the file's name unless given."""
    chain: str = ""
    """Chain of its rows where they do not say; the campaign's unless given."""
    columns: dict[str, str] = field(default_factory=dict)
    """Our column name = theirs."""
    const: dict[str, str] = field(default_factory=dict)
    """Our column name = the text that every row has there, for a column that the file lacks."""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """Our column name = { their word = ours }."""
    observed_at: datetime | None = None
    """Date of a list or of a pair-only source, which carry none in their rows."""
    timezone: str = ""
    """Where its times without an offset were written, such as `Asia/Singapore`; UTC unless given."""
    scope: str = ""
    """`participants`: it was fetched for each participant, so it says nothing of what others did among themselves."""
    unit: str = ""
    """`raw`: its small amounts are meant in the smallest unit, and no coins."""

    def __post_init__(self) -> None:
        require("format", self.format, f"one of: {', '.join(FORMATS)}", holds=self.format in FORMATS)
        tables = FORMATS[self.format]
        if not self.table and len(tables) == 1:
            object.__setattr__(self, "table", tables[0])
        require("table", self.table or "missing", f"one of: {', '.join(tables)}", holds=self.table in tables)
        is_readable = self.path.endswith(FILE_KINDS) or not PurePosixPath(self.path).suffix
        wanted = f"a file ending in {', '.join(FILE_KINDS)}, or a folder of such files"
        require("path", self.path, wanted, holds=is_readable)
        wanted = "one `*` for each folder on the way, or the folder alone for all that is below it"
        require("path", self.path, wanted, holds="**" not in self.path)
        if not self.name:
            object.__setattr__(self, "name", re.sub(r"\.(csv|csv\.gz|parquet)$", "", Path(self.path).name))
        require("name", self.name, "letters, digits, - _ . or *", holds=bool(re.fullmatch(r"[\w.*-]+", self.name)))
        if self.observed_at is not None:
            _require_offset("observed_at", self.observed_at)
        is_zone = not self.timezone or self.timezone in available_timezones()
        require("timezone", self.timezone, "a name of the tz database, such as Asia/Singapore", holds=is_zone)
        require("scope", self.scope, "participants, or nothing", holds=self.scope in ("", "participants"))
        require("unit", self.unit, "raw, or nothing: amounts in coins are not read", holds=self.unit in ("", "raw"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A campaign as written in its file, its paths expanded."""

    id: str
    """Names its slices in every table; letters, digits, - and _."""
    name: str
    """What people call it."""
    chain: str
    """Chain of its rows where a source does not say."""
    starts_at: datetime
    """When it began, with offset."""
    ends_at: datetime
    """When it ended, with offset."""
    sources: tuple[Source, ...]
    assets: tuple[str, ...] = ("native",)
    """Assets that may link accounts: `native` or token addresses. Anyone can make a token that claims anything."""
    allow_list: tuple[str, ...] = ()
    """Accounts that are exempt, whatever is found."""
    policy: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [policy]."""
    services: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [services]."""
    trails: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [trails]."""
    links: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [links]."""
    clusters: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [clusters]."""
    features: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [features]."""
    ingest: dict[str, Any] = field(default_factory=dict)
    """Overrides of the settings' [ingest]."""

    def __post_init__(self) -> None:
        require("id", self.id, "letters, digits, - or _", holds=bool(re.fullmatch(r"[\w-]+", self.id)))
        for name in ("starts_at", "ends_at"):
            _require_offset(name, getattr(self, name))
        require("ends_at", self.ends_at.isoformat(), "after starts_at", holds=self.ends_at > self.starts_at)
        names = [s.name for s in self.sources]
        twice = sorted({n for n in names if names.count(n) > 1})
        require("sources", f"twice named {', '.join(twice)}", "a `name` of its own for each", holds=not twice)
        has_participation = any(s.table == "participation" for s in self.sources)
        require("sources", "without participation", "a source of format participation", holds=has_participation)

    def rules(self) -> dict[str, Any]:
        """What of the file can change a row: everything but where its files lie."""
        whole = dataclasses.asdict(self)
        for source in whole["sources"]:
            del source["path"]
        return whole

    def rules_digest(self, settings: Settings) -> str:
        return digest([self.rules(), settings.rules()])


def load_campaign(path: Path | str, settings: Settings, content: bytes | None = None) -> tuple[Campaign, Settings]:
    """The campaign, and the settings with its overrides applied. Raises InputError.

    `content` is that of a file which is not on this machine; `path` is then its address.
    """
    where = f"campaign file {PurePosixPath(path).name}"
    reader = Reader(where, f"Mend it in {path}.")
    table = reader.load(Path(path)) if content is None else reader.parsed(content, str(path))
    folder = str(path).rpartition("/")[0] if is_remote(str(path)) else str(Path(path).parent.resolve())
    sources = table.get("sources")
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            source["path"] = _absolute(source["path"], folder, where)
    campaign = reader.build(Campaign, table)
    for key, chain in [("chain", campaign.chain), *((f"source {s.name}.chain", s.chain) for s in campaign.sources)]:
        if chain and chain not in settings.chains:
            raise reader.wrong(key, f"is {chain!r}", f"a chain of the settings: {', '.join(settings.chains)}")
    own: dict[str, Any] = {
        name: reader.build(kind, dataclasses.asdict(getattr(settings, name)) | getattr(campaign, name), name)
        for name, kind in SECTIONS.items()
    }
    return _as_facts_write(campaign, settings, reader), dataclasses.replace(settings, **own)


def _require_offset(name: str, at: datetime) -> None:
    """Without one it would be another instant on every machine."""
    wanted = "a time with offset, such as 2026-03-01T00:00:00Z"
    require(name, at.isoformat(), wanted, holds=at.tzinfo is not None)


def _as_facts_write(campaign: Campaign, settings: Settings, reader: Reader) -> Campaign:
    """With addresses in their canonical form; an account may have any other name, and an asset none."""

    def canonical(text: str) -> str | None:
        return next((form for chain in chains if (form := chain.canonical(text))), None)

    def is_coin(text: str) -> bool:
        return text.strip().lower() == NATIVE or canonical(text) in chains[0].native_addresses

    chains = [settings.chains[campaign.chain], *settings.chains.values()]
    for asset in campaign.assets:
        if not is_coin(asset) and canonical(asset) is None:
            raise reader.wrong("assets", f"holds {asset!r}", f"{NATIVE!r} and addresses of tokens")
    assets = dict.fromkeys(NATIVE if is_coin(asset) else canonical(asset) or NATIVE for asset in campaign.assets)
    allow_list = dict.fromkeys(canonical(account) or account.strip() for account in campaign.allow_list)
    return dataclasses.replace(campaign, assets=tuple(assets), allow_list=tuple(allow_list))


def _absolute(text: str, folder: str, where: str) -> str:
    """`${VAR}` and `${VAR:-default}` expanded, relative to the campaign file; `s3a://bucket/key` stands by itself."""

    def expand(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(3)
        value = os.environ.get(name) or default
        if value is None:
            raise InputError(f"{where}: path", f"${{{name}}} is not set", "a value", f"Set {name} in the environment.")
        return value

    expanded = re.sub(r"\$\{(\w+)(:-([^}]*))?\}", expand, text)
    if "://" in expanded or (is_remote(folder) and not expanded.startswith("/")):
        return parse_address(expanded if "://" in expanded else f"{folder}/{expanded}", f"{where}: path")
    return os.path.normpath(Path(folder) / expanded)


def campaign_to_json(campaign: Campaign) -> dict[str, Any]:
    """For the records of a run: what `campaign_from_json` reads back."""
    found: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(campaign), default=lambda t: t.isoformat()))
    return found


def campaign_from_json(found: dict[str, Any]) -> Campaign:
    found = copy.deepcopy(found)
    for table in (found, *found["sources"]):
        for key in ("starts_at", "ends_at", "observed_at"):
            if table.get(key):
                table[key] = datetime.fromisoformat(table[key])
        if table.get("observed_at", "") is None:
            del table["observed_at"]
    return Reader("records", "Run the night again.").build(Campaign, found)
