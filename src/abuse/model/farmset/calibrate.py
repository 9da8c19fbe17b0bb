"""Log-odds of groups the network has not seen -> probabilities and lower bounds: one temperature, and Venn-ABERS."""

from __future__ import annotations

import numpy as np

from abuse.model.calibration import Calibration, Calibrations, lower_steps
from abuse.model.rows import Flags, Reals, Rows

COLDEST, HOTTEST = -4.0, 5.0
"""Logarithms of the temperature. A network that knows nothing on new campaigns is heated to even odds."""


def temperature(log_odds: Reals, is_farm: Flags) -> float:
    """What log-odds are divided by so that they are likeliest (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        z = log_odds / np.exp(log_temperature)
        return float((np.logaddexp(0.0, z) - z * is_farm).mean())

    found = minimize_scalar(loss, bounds=(COLDEST, HOTTEST), method="bounded")
    return float(np.exp(found.x))


def calibration(log_odds: Reals, is_farm: Flags) -> Calibration:
    """One parameter: the few hundred groups of the campaigns set aside bear no more."""
    steps, lower = lower_steps(log_odds, is_farm)
    return Calibration(platt=np.array([0.0, 1.0, 1.0 / temperature(log_odds, is_farm), 0.0]), steps=steps, lower=lower)


def calibrations(whole: Reals, pair_only: Reals, rows: Rows) -> Calibrations:
    """From the log-odds of the rows set aside and of their pair-only views."""
    return Calibrations(whole=calibration(whole, rows.is_farm), pair_only=calibration(pair_only, rows.is_farm))


def probability(log_odds: Reals, heat: float) -> Reals:
    """Of log-odds at a temperature."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds / heat, -700.0, 700.0))))
