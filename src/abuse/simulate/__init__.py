"""Accounts and a seed -> a campaign in the public input formats, with its truth in a file of its own.

One behaviour engine plays everybody from the same priors; a farm, a payroll or a family only makes some draws of its
members depend on one another. So no single account gives itself away, and what gives a farm away is what gives real
ones away. The same accounts and seed give the same bytes.
"""

from __future__ import annotations

from abuse.simulate.campaign import write_campaign

__all__ = ["write_campaign"]
