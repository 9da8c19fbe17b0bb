"""A publication, as people's word leaves it now -> the files a payout job takes: who is out, and a manifest.

One publication always gives the same list, byte for byte, until people say something else.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from abuse import __version__
from abuse.lake.people import SHOWN, Now
from abuse.lake.publication import Publication, Run
from abuse.operate.handover import hand_over
from abuse.operate.sheets import READING, instant
from abuse.tables import Decisions, DisqualifiedAccounts


def export(publication: Publication, out: str, kind: str = "csv") -> dict[str, Any]:
    """Writes who is disqualified now, by this publication and people's word, to the folder; returns the manifest.

    Raises InputError where the folder holds another campaign's export.
    """
    now = Now.of(publication)
    found, moved = out_now(now)
    about = about_run(publication.run, kind) | {"reviews": {"known": len(now.rows)} | moved}
    return hand_over(out, handed_rows(found), kind, about)


def about_run(run: Run, kind: str) -> dict[str, Any]:
    """What a manifest says of where its list is from, and how it is read."""
    about = {
        "campaign": run.campaign_id,
        "as_of": instant(run.as_of),
        "run_id": run.run_id,
        "table": DisqualifiedAccounts.table_name(),
        "versions": run.versions,
        "package": {"name": "campaign-abuse", "version": __version__},
    }
    return about | ({"reading": READING} if kind == "csv" else {})


def out_now(now: Now) -> tuple[pa.Table, dict[str, int]]:
    """Who is out: rows as they were published, but of whom people spoke as their word leaves them. And how many of
    these it put on the published list and took off.
    """
    published = now.publication.read(DisqualifiedAccounts)
    own = [name for name in published.column_names if name not in SHOWN]
    decided = now.decisions(now.spoken_of, own) if now.rows else []
    ours = [row for row in decided if row[Decisions.verdict] == "disqualified"]
    before = set(published.filter(now.spoken_of)[Decisions.account].to_pylist())
    after = {row[Decisions.account] for row in ours}
    rows = pa.concat_tables([published.filter(~now.spoken_of), pa.Table.from_pylist(ours, schema=published.schema)])
    return rows, {"put_on": len(after - before), "taken_off": len(before - after)}


def handed_rows(rows: pa.Table) -> pa.Table:
    """As they are handed over: by account, beside it how the campaign wrote it. A night of before there was that column
    has the account itself in it, since who pays may look there.
    """
    account, given = Decisions.account, Decisions.account_as_given
    written = pc.if_else(pc.equal(rows[given], ""), None, rows[given])
    place = rows.column_names.index(given)
    rows = rows.set_column(place, rows.schema.field(given), pc.coalesce(written, rows[account]))
    others = [name for name in rows.column_names if name != given]
    others.insert(others.index(account) + 1, given)
    return rows.select(others).sort_by(account).combine_chunks()
