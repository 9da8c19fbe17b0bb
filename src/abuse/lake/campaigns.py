"""Campaign files, here or in S3 -> campaigns, and the settings they run under."""

from __future__ import annotations

from abuse.address import is_remote
from abuse.campaign import Campaign, load_campaign
from abuse.errors import InputError
from abuse.lake.storage import storage_of
from abuse.settings import Settings


def campaign_at(file: str, settings: Settings) -> tuple[Campaign, Settings]:
    """The campaign, and the settings with its overrides applied. Raises InputError."""
    if not is_remote(file):
        return load_campaign(file, settings)
    content = storage_of(file).read(file)
    if content is None:
        raise InputError(f"campaign file {file}", "no such object", "a TOML file", "Correct the address.")
    return load_campaign(file, settings, content)
