"""A view -> clusters: the queue, one cluster, its members, ties and movements."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from abuse.console.problems import NotFound
from abuse.console.read.model import View, instant
from abuse.console.read.now import Spoken

TODO = """
((review > 0 OR disqualified > 0) AND cluster_id NOT IN (SELECT value FROM json_each(:settled)))
OR cluster_id IN (SELECT value FROM json_each(:asked))
"""
SHOWS = {
    "todo": TODO,
    "approval": "cluster_id IN (SELECT value FROM json_each(:waiting))",
    "open": "review > 0 OR disqualified > 0",
    "review": "review > 0",
    "disqualified": "disqualified > 0",
    "giant": "is_giant",
    "all": "1",
}
"""What the queue may be narrowed to."""
WHOSE = {
    "": "1",
    "mine": "cluster_id IN (SELECT value FROM json_each(:mine))",
    "nobody": "cluster_id NOT IN (SELECT value FROM json_each(:taken))",
}
SORTS = {
    "score": "score DESC NULLS LAST, size DESC",
    "size": "size DESC",
    "review": "review DESC, size DESC",
    "disqualified": "disqualified DESC, size DESC",
    "reward": "reward DESC NULLS LAST, size DESC",
    "doubt": "abs(score_lower - 0.5) NULLS LAST, size DESC",
}
"""The last puts first what stands nearest to the policy's bar."""
MEMBER_SORTS = {
    "ties": "num_neighbours DESC, strength DESC",
    "weakest": "is_weak DESC, num_neighbours, strength",
    "first": "first_action_at NULLS LAST",
    "reward": "reward DESC NULLS LAST",
    "verdict": "verdict",
    "account": "account",
}
ROW = """
cluster_id, founder, size, num_links, shape, core_funder, core_kind, num_cut, is_giant, score, score_lower,
disqualified, review, clear, exempt, not_analysed, reward, seen
"""


HOPS = """
SELECT DISTINCT kind, chain, CASE kind WHEN 'sweep' THEN address END AS address, reached, funded, tx_hash, at, amount,
  asset
FROM hops WHERE cluster_id = ?
"""
SERVED = """
SELECT address, kind, basis, source, name, why FROM services WHERE address IN (
  SELECT reached FROM hops WHERE cluster_id = ?1 UNION SELECT sender FROM movements WHERE cluster_id = ?1
  UNION SELECT recipient FROM movements WHERE cluster_id = ?1) ORDER BY address, kind DESC
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What of the queue is asked for."""

    show: str = "open"
    sort: str = "score"
    kind: str = ""
    """Only clusters whose core ties this way."""
    least: int = 0
    """Members at least."""
    whose: str = ""
    """Only what the reader has taken, or nobody."""
    page: int = 1


def queue(
    view: View, asked: Asked, num_rows: int, said: Spoken | None = None, reader: str = ""
) -> tuple[list[dict[str, Any]], int]:
    """A page of clusters, and how many there are in all. `said`: so that what people settled is not to do any more, and
    whose each is. `reader`: who is meant by mine.
    """
    where = f"({SHOWS[asked.show]}) AND {WHOSE[asked.whose]} AND size >= :least AND (:kind = '' OR core_kind = :kind)"
    values: dict[str, Any] = {"least": asked.least, "kind": asked.kind} | as_lists(said)
    values["mine"] = json.dumps(said.taken_by(reader) if said else [])
    num = int(view.value(f"SELECT count(*) FROM clusters WHERE {where}", values))  # noqa: S608 -- from SHOWS
    sql = f"SELECT {ROW} FROM clusters WHERE {where} ORDER BY {SORTS[asked.sort]}, cluster_id LIMIT :num OFFSET :first"  # noqa: S608 -- from SORTS
    rows = view.rows(sql, values | {"num": num_rows, "first": (asked.page - 1) * num_rows})
    return [row | {"is_giant": bool(row["is_giant"])} for row in rows], num


def as_lists(said: Spoken | None) -> dict[str, str]:
    """As SQLite reads lists."""
    names = (said.settled, said.asked, said.waiting, sorted(said.taken)) if said else ([], [], [], [])
    return dict(zip(("settled", "asked", "waiting", "taken"), map(json.dumps, names), strict=True))


def cluster(view: View, cluster_id: str) -> dict[str, Any]:
    """One cluster, its score and what that rests on. Raises NotFound."""
    row = view.row("SELECT * FROM clusters WHERE cluster_id = ?", cluster_id)
    if row is None:
        run = view.publication.run
        found = f"not in campaign {run.campaign_id!r} as of {run.as_of.isoformat()}"
        fix = "It may have merged into another, or be of another night: see the queue."
        raise NotFound(f"cluster {cluster_id}", found, "a cluster of this night", fix)
    said = json.loads(row["top_reasons"]) if row["top_reasons"] else []
    return row | {"top_reasons": said, "is_giant": bool(row["is_giant"])}


def members(view: View, cluster_id: str, sort: str, page: int, num_rows: int) -> list[dict[str, Any]]:
    """A page of members: verdict, role, strength, what holds them."""
    sql = f"SELECT * FROM members WHERE cluster_id = ? ORDER BY {MEMBER_SORTS[sort]}, account LIMIT ? OFFSET ?"  # noqa: S608 -- from MEMBER_SORTS
    return [_member(row) for row in view.rows(sql, cluster_id, num_rows, (page - 1) * num_rows)]


def members_after(view: View, cluster_id: str, after: str, limit: int) -> list[dict[str, Any]]:
    """The next members in the order of their names."""
    sql = "SELECT * FROM members WHERE cluster_id = ? AND account > ? ORDER BY account LIMIT ?"
    return [_member(row) for row in view.rows(sql, cluster_id, after, limit)]


def _member(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: json.loads(row[name]) if row[name] else [] for name in ("link_kinds", "evidence_kinds")}
    return row | lists | {"is_weak": bool(row["is_weak"]), "first_action_at": instant(row["first_action_at"])}


def movements(view: View, cluster_id: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """The movements and acts that tie its members, earliest first."""
    sql = "SELECT * FROM movements WHERE cluster_id = ? ORDER BY rowid LIMIT ? OFFSET ?"
    return view.rows(sql, cluster_id, limit, offset)


def drawn_members(view: View, cluster_id: str) -> list[dict[str, Any]]:
    """Every member, as little of it as a picture shows."""
    return view.rows("SELECT account, verdict, role, num_neighbours FROM members WHERE cluster_id = ?", cluster_id)


def drawn_ties(view: View, cluster_id: str) -> list[dict[str, Any]]:
    """The pairs whose movements do not say by themselves who dealt with whom."""
    sql = "SELECT src, dst, kind, via, strength FROM ties WHERE cluster_id = ? AND kind IN ('co_activity', 'disperse')"
    return view.rows(sql, cluster_id)


def drawn_hops(view: View, cluster_id: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Where its members' first coins came from, and where their last went, each payment of many trails once; and
    address -> account of who they are the trails of.
    """
    own = "SELECT DISTINCT address, account FROM hops WHERE cluster_id = ?1"
    return view.rows(HOPS, cluster_id), dict(view.db.execute(own, (cluster_id,)))


def drawn_movements(view: View, cluster_id: str, *, has_hops: bool) -> list[dict[str, Any]]:
    """Without those that are hops of a trail as well."""
    sql = "SELECT * FROM movements WHERE cluster_id = ? AND (? OR kind NOT IN ('first_gas', 'sweep'))"
    return view.rows(sql, cluster_id, not has_hops)


def services(view: View, cluster_id: str) -> dict[str, dict[str, Any]]:
    """address -> what it serves as, by which list or figures: of all its members' trails and movements came to."""
    return {row["address"]: row for row in view.rows(SERVED, cluster_id)}


def lineage(view: View, cluster_id: str) -> list[dict[str, Any]]:
    """How it came from the night before."""
    sql = "SELECT * FROM lineage WHERE cluster_id = ? ORDER BY num_shared DESC, parent_id"
    return [row | {"parent_as_of": instant(row["parent_as_of"])} for row in view.rows(sql, cluster_id)]
