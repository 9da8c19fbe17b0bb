"""Training rows -> those a scorer is fitted on, and the campaigns set aside to calibrate it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from abuse.errors import InputError
from abuse.model.inner import campaign_order, has_both
from abuse.model.rows import Flags, Rows
from abuse.plurals import counted

CALIBRATION_SHARE = 0.25


def calibration_campaigns(train: Rows, order: Iterable[str]) -> list[str]:
    """The first quarter of the campaigns in `order`, and more until both classes are among them."""
    own = set(train.campaign.tolist())
    present = [campaign for campaign in order if campaign in own]
    for num in range(max(1, round(CALIBRATION_SHARE * len(present))), len(present)):
        chosen = np.isin(train.campaign, present[:num])
        if has_both(train.take(chosen)) and has_both(train.take(~chosen)):
            return present[:num]
    found = counted(len(present), "training campaign")
    raise InputError("calibration", found, "farms and honest groups in two or more", "Give more campaigns.")


def is_calibration(train: Rows, all_campaigns: Iterable[str], seed: int) -> Flags:
    """Rows set aside. One order for all folds, so that folds share what they are fitted on."""
    chosen = calibration_campaigns(train, campaign_order(list(all_campaigns), seed))
    return np.asarray(np.isin(train.campaign, chosen))
