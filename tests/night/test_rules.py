"""A run is named by the model it was scored by, not by the folder that the model lies in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from abuse.edge.rules import DESCRIBED, rules_digest
from abuse.errors import InputError
from abuse.settings import Settings
from tests.floor.test_campaign import SPRING


@pytest.mark.parametrize("scorer", list(DESCRIBED))
def test_another_model_in_the_same_folder_makes_other_runs(tmp_path: Path, scorer: str) -> None:
    settings = Settings()
    ours = replace(settings, score=replace(settings.score, scorer=scorer, model=str(tmp_path)))
    with pytest.raises(InputError, match="unreadable"):
        rules_digest(SPRING, ours)
    found = []
    for text in ("one", "other", "one"):
        (tmp_path / DESCRIBED[scorer]).write_text(text)
        found.append(rules_digest(SPRING, ours))
    assert found[0] == found[2] != found[1]
