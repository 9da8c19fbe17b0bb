"""What a run is made of beside facts and people's word, as one digest."""

from __future__ import annotations

from pathlib import Path

from abuse.campaign import Campaign
from abuse.errors import InputError
from abuse.model.farmset import ABOUT
from abuse.model.stored import CONFIG
from abuse.settings import Score, Settings, digest

DESCRIBED = {"model": CONFIG, "farmset": ABOUT}
"""scorer -> the file of its folder that names every other by its digest."""


def rules_digest(campaign: Campaign, settings: Settings) -> str:
    """Of the campaign file, the settings, and the model as it is now, whatever its folder is called. Raises InputError
    where the model cannot be read.
    """
    return digest([campaign.rules_digest(settings), _model(settings.score)])


def _model(score: Score) -> str:
    if score.scorer not in DESCRIBED:
        return ""
    path = Path(score.model) / DESCRIBED[score.scorer]
    try:
        return digest(path.read_text())
    except (OSError, ValueError) as why:
        raise InputError(str(path), f"unreadable ({why})", "what `abuse train` wrote", "Train it, or name it.") from why
