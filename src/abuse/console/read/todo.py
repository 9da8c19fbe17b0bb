"""What comes next in the queue, the highest score first, as it is after what people said."""

from __future__ import annotations

from bisect import bisect_right

from abuse.console.kept import Kept
from abuse.console.read.build import model_name
from abuse.console.read.clusters import SORTS, TODO, as_lists
from abuse.console.read.model import View
from abuse.console.read.now import Spoken

PLACES = f"SELECT cluster_id FROM clusters ORDER BY {SORTS['score']}, cluster_id"  # noqa: S608 -- from SORTS
WAITS = f"SELECT cluster_id FROM clusters WHERE {TODO}"  # noqa: S608 -- our own text


def next_to_do(view: View, cluster_id: str, said: Spoken, kept: Kept, reader: str = "") -> str | None:
    """The cluster behind this one; the first one behind the last, and none where nothing else waits. What others work
    on comes only where nothing else does.
    """
    name = model_name(view.publication)
    order: list[str] = kept.get(("order", name), lambda: [one for (one,) in view.db.execute(PLACES)])
    places: dict[str, int] = kept.get(("places", name), lambda: {one: place for place, one in enumerate(order)})
    waits: list[int] = kept.latest(
        ("waits", name),
        said.mark,
        lambda: sorted(places[row["cluster_id"]] for row in view.rows(WAITS, as_lists(said))),
    )
    here = places[cluster_id]
    behind = bisect_right(waits, here)
    others = {places[one] for one in said.taken.keys() - said.taken_by(reader)} | {here}
    in_turn = (*waits[behind:], *waits[:behind])
    free = (place for place in in_turn if place not in others)
    found = next(free, next((place for place in in_turn if place != here), None))
    return None if found is None else order[found]
