"""A cluster -> when its members had their first coins, first acted, and sent their coins on."""

from __future__ import annotations

from abuse.console.read.model import View

FUNDED = "SELECT min(at) FROM hops WHERE cluster_id = ? AND kind = 'first_gas' AND hop = 1 GROUP BY account"
SWEPT = "SELECT max(at) FROM hops WHERE cluster_id = ? AND kind = 'sweep' GROUP BY account"
BEGUN = "SELECT first_action_at FROM members WHERE cluster_id = ? AND first_action_at IS NOT NULL"
TIMELY = """
SELECT min(e.at) FROM members m JOIN evidence e ON e.account_id = m.account_id
WHERE m.cluster_id = ? AND e.kind = 'time' GROUP BY m.account
"""
PAID = "SELECT at FROM movements WHERE cluster_id = ? AND kind IN ('first_gas', 'disperse') AND at IS NOT NULL"
GONE = "SELECT at FROM movements WHERE cluster_id = ? AND kind IN ('sweep', 'deposit') AND at IS NOT NULL"


def moments(view: View, cluster_id: str) -> dict[str, tuple[str, list[int]]]:
    """Lane -> what is counted, microseconds. From the run's own trails, or where those are gone, from the evidence."""

    def found(sql: str) -> list[int]:
        return [at for (at,) in view.db.execute(sql, (cluster_id,)) if at is not None]

    funded, begun, swept = found(FUNDED), found(BEGUN), found(SWEPT)
    return {
        "First coins": ("accounts", funded) if funded else ("payments", found(PAID)),
        "First action": ("accounts", begun or found(TIMELY)),
        "Coins going on": ("accounts", swept) if swept else ("payments", found(GONE)),
    }
