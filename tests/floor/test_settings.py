"""A settings file: what is wrong with it in one line, and what of it names a run."""

from __future__ import annotations

import ast
import dataclasses
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import abuse
from abuse.bounds import within_of
from abuse.errors import SettingsError
from abuse.settings import Chain, Features, Policy, Settings, Spark, digest, load_settings, settings_from_json

SOURCE = Path(abuse.__file__).parent


def undocumented(file: str) -> list[str]:
    """Dataclass fields without a docstring under them. A section explains itself: its class has one."""
    tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
    classes = [c for c in tree.body if isinstance(c, ast.ClassDef) and c.decorator_list]
    assert all(ast.get_docstring(c) for c in classes)
    sections = {c.name for c in classes}
    return [
        f"{c.name}.{field.target.id}"
        for c in classes
        for field, under in zip(c.body, [*c.body[1:], ast.Pass()], strict=True)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if not (sections & {n.id for n in ast.walk(field.annotation) if isinstance(n, ast.Name)})
        if not (isinstance(under, ast.Expr) and isinstance(under.value, ast.Constant) and under.value.value)
    ]


@pytest.mark.parametrize("file", ["settings.py", "campaign.py"])
def test_every_field_has_a_docstring_under_it(file: str) -> None:
    assert undocumented(file) == []


WRONG = {  # name: file -> key, what was found, what was wanted
    "a secret": (
        '[spark.conf]\n"spark.hadoop.fs.s3a.secret.key" = "x"',
        "spark.conf", "is spark.hadoop.fs.s3a.secret.key", "no credentials"),
    "unknown section": ("[trail]\nmax_hops = 3", "trail", "is not a known key", "trails (did you mean it?)"),
    "unknown section, nothing near": ("[zzz]", "zzz", "is not a known key", "one of: chains, clusters, console"),
    "unknown key": ("[trails]\nmax_hop = 3", "trails.max_hop", "is not a known key", "max_hops (did you mean it?)"),
    "unknown key, nothing near": ("[trails]\nqq = 3", "trails.qq", "is not a known key", "one of: max_hops"),
    "text for a whole number": ('[trails]\nmax_hops = "4"', "trails.max_hops", "is '4'", "a whole number"),
    "fraction for a whole number": ("[trails]\nmax_hops = 4.5", "trails.max_hops", "is 4.5", "a whole number"),
    "true for a whole number": ("[trails]\nmax_hops = true", "trails.max_hops", "is True", "a whole number"),
    "true for a number": ("[score]\nsteepness = true", "score.steepness", "is True", "a number"),
    "number for text": ("[policy]\nversion = 2", "policy.version", "is 2", "text"),
    "text for yes or no": (
        '[chains.solana]\nlower_case = "no"', "chains.solana.lower_case", "is 'no'", "true or false"),
    "number for a list": ("[clusters]\nhash_seeds = 1", "clusters.hash_seeds", "is 1", "a list of a whole number"),
    "text in a list": ('[clusters]\nhash_seeds = [1, "2"]', "clusters.hash_seeds[1]", "is '2'", "a whole number"),
    "number for a section": ("trails = 4", "trails", "is 4", "a table"),
    "number for the chains": ("chains = 4", "chains", "is 4", "a table"),
    "number for a chain": ("[chains]\nbase = 4", "chains.base", "is 4", "a table"),
    "number for a word": ("[services.label_kinds]\ncex = 1", "services.label_kinds.cex", "is 1", "text"),
    "jar without digest": (
        '[[jars.needed]]\ncoordinates = "a:b:1"', "jars.needed[0].sha256", "is missing", "text"),
    "no hops": ("[trails]\nmax_hops = 0", "trails.max_hops", "is 0", "1 to 10"),
    "too many hops": ("[trails]\nmax_hops = 11", "trails.max_hops", "is 11", "1 to 10"),
    "a share above one": (
        "[ingest]\nmax_quarantine_share = 1.5", "ingest.max_quarantine_share", "is 1.5", "0 to 1"),
    "a share that is no number": (
        "[ingest]\nmax_quarantine_share = nan", "ingest.max_quarantine_share", "is nan", "0 to 1"),
    "one counterparty makes a hub": (
        "[services]\nmax_counterparties = 1", "services.max_counterparties", "is 1", "2 or more"),
    "one kind of evidence disqualifies": (
        "[policy]\nmin_evidence_kinds = 1", "policy.min_evidence_kinds", "is 1", "2 or more"),
    "scores of nobody compared": (
        "[policy]\nmin_scored_before = 0", "policy.min_scored_before", "is 0", "1 or more"),
    "no time in which accounts act together": (
        "[features]\ntime_window_s = 0", "features.time_window_s", "is 0.0", "more than 0"),
    "all of time": ("[features]\ntime_window_s = inf", "features.time_window_s", "is inf", "more than 0, at most 3,"),
    "no dust on one chain": ("[chains.base]\ndust = 0.0", "chains.base.dust", "is 0.0", "more than 0, at most 1,"),
    "a seed that fits no row": (
        f"[clusters]\nhash_seeds = [1, {2**63}]", "clusters.hash_seeds", "is 9223372036854775808", "-9,223,372,036,"),
    "more hops than a count holds": (
        "[services]\nmax_deposit_senders = 9999999999", "services.max_deposit_senders", "is 9999999999",
        "1 or more, at most 1,000,000,000"),
    "a negative share": ("[policy]\nmin_flagged_share = -0.1", "policy.min_flagged_share", "is -0.1", "0 to 1"),
    "not TOML": ("[trails\n", "file", "does not parse", "valid TOML"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key", "found", "wanted"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_one_line_with_key_found_and_wanted(
    tmp_path: Path, text: str, key: str, found: str, wanted: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    said = str(caught.value)
    assert said.startswith(f"settings: {key}: ")
    assert found in caught.value.found
    assert caught.value.wanted.startswith(wanted)
    assert said.endswith(f". Mend it in {file}.")
    assert "\n" not in said


ZERO = {  # numbers that may be 0, and what that means
    "Chain.decimals": "a coin without smaller units",
    "Chain.native_usd": "no price is known",
    "Chain.min_first_gas": "the chain's dust, which it never goes below",
    "Ingest.max_quarantine_share": "one bad row holds the night",
    "Ingest.max_conflict_share": "one contradiction holds the night",
    "Ingest.max_unknown_status_share": "one transaction of unknown status does",
    "Ingest.max_stale_days": "a movement on the last day must be known",
    "Ingest.settled_days": "nothing after the campaign's end need be known",
    "Ingest.max_unowned_share": "one address of nobody holds the night",
    "Services.max_operator_senders": "nobody is an operator whom anybody paid",
    "Services.max_operator_recipients": "who pays many is a service, however it does",
    "Services.max_burst_recipients": "a burst counts as any payment does",
    "Services.max_contract_signers": "every contract that pays on is a service",
    "Services.min_fresh_share": "nobody is taken for an employer",
    "Links.co_min_span_s": "a single sitting is compared too",
    "Links.co_min_gap_s": "the shortest gap is compared too",
    "Clusters.max_rounds": "the engine takes the whole graph",
    "Clusters.graphframes_max_edges": "GraphFrames never does",
    "Score.explain_from": "every cluster is explained",
    "Policy.min_score_lower": "the lower bound is not asked",
    "Policy.min_score_review": "every cluster is looked at",
    "Policy.max_flagged_share": "anybody flagged holds publication",
    "Policy.max_not_analysed_share": "one account of whom nothing is known holds publication",
    "Policy.min_flagged_share": "a campaign may be clean",
    "Policy.max_component_share": "any cluster above small_component holds publication",
    "Policy.small_component": "no cluster is too small to hold publication",
    "Policy.max_score_drift": "any change of scores holds publication",
    "Policy.requeue_share": "any change of a group is looked at again",
    "Review.max_alone": "a second person always agrees",
    "Console.poll_s": "each request looks for a newer publication",
    "Console.wait_s": "no request waits",
    "Console.kept_nights": "the current night alone is kept open",
    "Console.failed_login_s": "a failed login is answered at once",
}
NEGATIVE = {"Clusters.hash_seeds": "a seed is any whole number"}


def numbers(cls: type) -> list[tuple[type, str, Any]]:
    """Each number of the settings, or each list of numbers: its section, name and type with bounds."""
    found = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        plain = get_type_hints(cls)[name]
        inner: Any = next((arg for arg in (plain, *get_args(plain)) if dataclasses.is_dataclass(arg)), None)
        if inner is not None and inner is not cls:
            found += numbers(inner)
        elif plain in (int, float) or {int, float} & set(get_args(plain)):
            found.append((cls, name, hint))
    return found


NUMBERS = numbers(Settings)


def refuses(cls: type, name: str, value: float) -> bool:
    given = (value,) if isinstance(getattr(cls(), name), tuple) else value
    try:
        cls(**{name: given})
    except ValueError as why:
        assert why.args[:2] == (name, value), "the error names the key and what was found"
        return True
    return False


def test_every_number_is_bounded() -> None:
    """A number that comes without bounds would be taken as it is, and nothing else would notice."""
    assert len(NUMBERS) > 80
    assert [f"{cls.__name__}.{name}" for cls, name, hint in NUMBERS if within_of(hint) is None] == []


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -1, 10**30])
def test_no_number_is_infinite_unknown_or_negative(value: float) -> None:
    taken = [f"{cls.__name__}.{name}" for cls, name, _ in NUMBERS if not refuses(cls, name, value)]
    assert taken == [name for name in NEGATIVE if value == -1]


def test_no_number_is_zero_but_where_that_means_something() -> None:
    taken = {f"{cls.__name__}.{name}" for cls, name, _ in NUMBERS if not refuses(cls, name, 0)}
    assert taken == {*ZERO, *NEGATIVE}


def test_bounds_are_what_the_defaults_lie_in_and_both_ends_count() -> None:
    assert [Features(time_window_s=least).time_window_s for least in (1e-9, 3.15576e9)] == [1e-9, 3.15576e9]
    with pytest.raises(ValueError, match="time_window_s"):
        Features(time_window_s=3.16e9)


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no file .*nowhere\.toml, wanted an existing TOML file"):
        load_settings(tmp_path / "nowhere.toml")


def test_no_file_means_the_defaults() -> None:
    assert load_settings(None) == Settings()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[score]\nhalf_gap_s = 60\n[chains.base]\ndust = 1.0\n[chains.zora]\nnative_usd = 2.5")
    changed = load_settings(file)
    plain = Settings()
    assert changed.score == dataclasses.replace(plain.score, half_gap_s=60.0)
    assert changed.chains == plain.chains | {"base": Chain(dust=1.0), "zora": Chain(native_usd=2.5)}
    assert changed.policy == plain.policy


def test_settings_come_back_from_a_runs_records() -> None:
    own = Settings(policy=Policy(version="7", min_cluster_size=3), chains={"base": Chain(dust=1.0)})
    assert settings_from_json(json.loads(json.dumps(own.rules()))) == own


def test_where_and_how_fast_it_runs_is_no_rule() -> None:
    elsewhere = Settings(spark=Spark(master="yarn", shuffle_partitions=2000))
    assert elsewhere.rules() == Settings().rules()
    assert Settings(policy=Policy(version="2")).rules() != Settings().rules()


DIGESTS = {  # value -> digest; a changed line here changes every run_id there is
    "order of keys is none": ({"b": 1, "a": [True, None, 1.5, "é"]}, "faf268eab7480218"),
    "a time is its text": (datetime(2026, 3, 1, tzinfo=UTC), "2383c2eb433dd230"),
    "nothing": ([], "4f53cda18c2baa0c"),
}


@pytest.mark.parametrize(("value", "wanted"), DIGESTS.values(), ids=DIGESTS)
def test_a_digest_never_changes(value: object, wanted: str) -> None:
    assert digest(value) == wanted


def test_a_digest_knows_no_order_of_keys_but_order_of_items() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert digest((1, 2)) == digest([1, 2])
