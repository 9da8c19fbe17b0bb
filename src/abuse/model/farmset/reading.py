"""A dataset folder with events -> Corpus beside its Rows, and whose members are a farm's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abuse.errors import InputError
from abuse.model.farmset.codec import coded
from abuse.model.farmset.corpus import Corpus, joined, pair_only, ranges
from abuse.model.rows import FARM_KINDS, Flags, Rows, Whole, read_rows
from abuse.model.rows import FeatureList as Features
from abuse.model.views import pair_only as pair_only_rows
from abuse.tables import MemberTies

REBUILD = "Build the dataset with `abuse dataset --events`."


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """The same clusters as rows of figures and as members' acts, in one order."""

    rows: Rows
    corpus: Corpus
    member_is_farm: Flags
    """Of each member of the corpus."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Whole) -> Described:
        """These clusters, in this order."""
        corpus = self.corpus
        members = ranges(corpus.member_starts()[chosen], corpus.num_members[chosen])
        return Described(
            rows=self.rows.take(chosen), corpus=corpus.take(chosen), member_is_farm=self.member_is_farm[members]
        )

    def pair_only(self) -> Described:
        """As a source shows them that says only who dealt with whom."""
        return Described(
            rows=pair_only_rows(self.rows), corpus=pair_only(self.corpus), member_is_farm=self.member_is_farm
        )

    def farm_type(self) -> Whole:
        """Place of each cluster's kind among FARM_KINDS; -1 for honest groups and kinds that are none of them."""
        place = {kind: at for at, kind in enumerate(FARM_KINDS)}
        found = np.array([place.get(kind, -1) for kind in self.rows.kind.tolist()], dtype=np.int64)
        return np.where(self.rows.is_farm, found, -1)


def read_described(folder: Path, features: Features) -> Described:
    """All clusters of a dataset folder, in the order of its rows."""
    rows = read_rows(folder, features)
    parts, labels = [], []
    place: dict[tuple[str, str], int] = {}
    for file in sorted(folder.glob("*.parquet")):
        corpus, is_farm = _of_campaign(folder, file.name)
        place |= {(file.stem, name): len(place) + at for at, name in enumerate(corpus.cluster_id.tolist())}
        parts.append(corpus)
        labels.append(is_farm)
    whole = joined(parts)
    wanted = list(zip(rows.campaign.tolist(), rows.cluster_id.tolist(), strict=True))
    missing = [key for key in wanted if key not in place]
    if missing:
        raise InputError(f"{folder}/members", f"no {missing[0][1]} of {missing[0][0]}", "every cluster", REBUILD)
    order = np.array([place[key] for key in wanted], dtype=np.int64)
    members = ranges(whole.member_starts()[order], whole.num_members[order])
    return Described(rows=rows, corpus=whole.take(order), member_is_farm=np.concatenate(labels)[members])


def _of_campaign(folder: Path, name: str) -> tuple[Corpus, Flags]:
    """One campaign's clusters, and whether each member is a farm's."""
    import pyarrow.parquet as pq

    events, members = folder / "events" / name, folder / "members" / name
    for file in (events, members):
        if not file.is_file():
            raise InputError(str(file), "no such file", "what members did, one act each", REBUILD)
    ties = pq.read_table(members)
    if "is_farm" not in ties.column_names:
        raise InputError(str(members), "no column is_farm", "it", REBUILD)
    corpus = coded(pq.read_table(events), ties)
    keys = [(MemberTies.cluster_id, "ascending"), (MemberTies.account, "ascending")]
    is_farm = ties.sort_by(keys)["is_farm"].to_numpy()
    return corpus, np.asarray(is_farm, dtype=np.bool_)
