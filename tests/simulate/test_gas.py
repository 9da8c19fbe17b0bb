"""What transactions pay for gas."""

from __future__ import annotations

import numpy as np

from abuse.simulate.gas import Gas
from abuse.simulate.ledger import BLOCK_S, FIRST_BLOCK
from abuse.simulate.world import HISTORY, HOUR


def test_a_transaction_after_the_last_hour_still_has_a_price() -> None:
    """Some money goes on hours after the end: seed 9 of the demo could not be simulated."""
    gas = Gas.__new__(Gas)
    gas._hourly = np.array([10.0, 20.0])
    first, last, beyond = (np.array([FIRST_BLOCK + int((HISTORY + h * HOUR) / BLOCK_S)], np.int32) for h in (0, 1, 50))
    assert gas.base_wei(first)[0] < gas.base_wei(last)[0]
    assert abs(gas.base_wei(beyond)[0] / gas.base_wei(last)[0] - 1) < 0.3
