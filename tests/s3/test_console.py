"""The console on a lake in S3: its read models lie on this machine."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from abuse.cli import main
from abuse.console.read import accounts
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.shelf import Shelf
from abuse.console.read.words import standing_now
from abuse.settings import Console
from tests.console.lakes import MEMBERS, publish
from tests.review.made_up import says
from tests.s3.copied import paths, uploaded

RULES = Console(poll_s=0.0, wait_s=30.0)


def test_an_account_is_what_the_publication_and_people_say(tmp_path: Path, bucket: str) -> None:
    publish(tmp_path / "lake")
    lake = uploaded(tmp_path / "lake", f"{bucket}/lake")
    says(lake, "overturn", MEMBERS[0])
    before = paths(lake)
    (tmp_path / "models").mkdir()
    shelf = Shelf(Ledgers(lake, RULES.poll_s), tmp_path / "models", RULES)
    with shelf.view("drop") as view:
        row = accounts.account(view, MEMBERS[0])
        assert row["verdict"] == "disqualified"
        assert standing_now(view, shelf.ledgers, row)["verdict"] == "clear"
        assert view.value("SELECT count(*) FROM hops") == 30, "of the work tables too"
    shelf.close()
    assert paths(lake) == before, "a reader writes nothing"


def test_a_bucket_that_does_not_answer_is_told(tmp_path: Path) -> None:
    ledgers = Ledgers("s3a://nowhere-at-all/lake", 0.0)
    assert ledgers.campaigns() == []
    assert "no bucket nowhere-at-all" in str(ledgers.trouble)


def test_an_address_we_do_not_know_is_one_line() -> None:
    done = CliRunner().invoke(main, ["review", "serve", "--lake", "gs://bucket/lake"])
    assert done.exit_code == 1
    assert "a path of this machine, or s3a://bucket/prefix" in done.stderr
