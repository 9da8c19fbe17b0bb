"""Two small campaigns of the second engine, described as training rows by the night's own steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from abuse.edge.context import quiet
from abuse.edge.training import described
from abuse.edge.truth import MIN_CANDIDATE, groups, shuffled
from abuse.errors import InputError
from abuse.model.farmset.reading import read_described
from abuse.model.rows import JOB_FEATURES, Rows, read_rows
from abuse.settings import Settings
from abuse.tables import CLUSTER_FEATURES
from tests.hard.hard_set import write_hard_set


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    campaigns = write_hard_set(folder / "hard", campaigns=2, clusters=12, seed=3)
    described(campaigns, folder / "rows", Settings(), quiet, 1, with_events=True)
    return folder


@pytest.fixture(scope="module")
def rows(made: Path) -> Rows:
    return read_rows(made / "rows", JOB_FEATURES)


def truth_of(made: Path, campaign: str) -> list[dict[str, str]]:
    (file,) = [path for path in (made / "hard").glob("*/truth.csv") if _id(path.parent) == campaign]
    return groups(file)


def _id(folder: Path) -> str:
    return next(line.split('"')[1] for line in (folder / "campaign.toml").read_text().splitlines() if line[:3] == "id ")


def test_every_group_is_one_row_with_its_truth(made: Path, rows: Rows) -> None:
    assert len(set(rows.campaign.tolist())) == 2
    for campaign in set(rows.campaign.tolist()):
        truth = truth_of(made, campaign)
        ours = rows.take(rows.campaign == campaign)
        assert sorted(ours.cluster_id.tolist()) == sorted({row["group_id"] for row in truth})
        for place, group in enumerate(ours.cluster_id.tolist()):
            members = [row for row in truth if row["group_id"] == group]
            assert ours.size[place] == len(members) >= MIN_CANDIDATE
            assert ours.num_farm[place] == sum(row["is_farm"] == "1" for row in members)
            assert ours.is_farm[place] == (2 * ours.num_farm[place] > len(members))


def test_campaigns_read_together_are_described_each_by_itself(made: Path, rows: Rows, tmp_path: Path) -> None:
    """The crowd, the start and the tasks of one campaign say nothing of another's groups."""
    campaign = rows.campaign[0]
    (folder,) = [path for path in (made / "hard").iterdir() if _id(path) == campaign]
    described([folder], tmp_path / "alone", Settings(), quiet, None)
    alone, together = (pq.read_table(f / f"{campaign}.parquet") for f in (tmp_path / "alone", made / "rows"))
    for name in CLUSTER_FEATURES:
        assert alone[name].to_pylist() == pytest.approx(together[name].to_pylist(), nan_ok=True), name


def test_shuffled_members_keep_sizes_and_labels(made: Path, rows: Rows) -> None:
    dealt = read_rows(made / "rows" / "shuffled", JOB_FEATURES)
    assert dealt.cluster_id.tolist() == rows.cluster_id.tolist()
    assert (dealt.size == rows.size).all()
    assert (dealt.is_farm == rows.is_farm).all()
    place = CLUSTER_FEATURES.index("begin_iqr_s")
    assert (dealt.values[:, place] != rows.values[:, place]).mean() > 0.9


def test_acts_of_members_lie_beside_the_figures(made: Path, rows: Rows) -> None:
    """In the order of the rows, every member once, whole or shuffled; the codec reads them."""
    for folder in (made / "rows", made / "rows" / "shuffled"):
        found = read_described(folder, JOB_FEATURES)
        assert found.corpus.cluster_id.tolist() == found.rows.cluster_id.tolist() == rows.cluster_id.tolist()
        assert (found.corpus.num_members == found.rows.size).all()
        assert (found.corpus.num_tokens <= 65).all()
        assert found.corpus.num_tokens.mean() > 5
        farms = np.add.reduceat(found.member_is_farm, found.corpus.member_starts()[:-1])
        assert (farms == found.rows.num_farm).all()


def test_a_member_keeps_its_acts_when_members_change_places(made: Path, rows: Rows) -> None:
    campaign = rows.campaign[0]
    columns = ["account", "position", "at", "kind", "what", "amount", "gap_s"]
    acts = [
        pq.read_table(folder / "events" / f"{campaign}.parquet", columns=columns).to_pandas()
        for folder in (made / "rows", made / "rows" / "shuffled")
    ]
    one, other = (table.sort_values(["account", "position"]).reset_index(drop=True) for table in acts)
    assert one.equals(other)


def test_a_shuffle_moves_members_only(made: Path, rows: Rows) -> None:
    truth = truth_of(made, rows.campaign[0])
    moved = shuffled(truth, 5)
    assert sorted(row["account"] for row in moved) == sorted(row["account"] for row in truth)
    assert [row["group_id"] for row in moved] == [row["group_id"] for row in truth]
    assert moved == shuffled(truth, 5) != shuffled(truth, 6)


def test_a_truth_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("account,group_id\na,g\n")
    with pytest.raises(InputError, match="no column is_farm"):
        groups(tmp_path / "truth.csv")
    (tmp_path / "truth.csv").write_text("account,is_farm,group_id,group_kind,level\na,maybe,g,star,0\n")
    with pytest.raises(InputError, match="'maybe'"):
        groups(tmp_path / "truth.csv")
    with pytest.raises(InputError, match="no such file"):
        groups(tmp_path / "none.csv")
