"""folds.parquet and a dataset with events -> saved scores that `abuse evaluate` judges beside the others'.

Every (learnt clusters, seed) is a folder of its own under OUT/fits: a killed run goes on where it stood, and folds that
learn from the same clusters share a network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abuse.errors import InputError
from abuse.model.farmset.calibrate import calibrations
from abuse.model.farmset.reading import Described, read_described
from abuse.model.farmset.recipe import Recipe
from abuse.model.rows import FeatureList, Flags, Reals, Texts, Whole
from abuse.model.saved import Saved, joined_scores, write_scores
from abuse.model.tournament import OnProgress
from abuse.settings import digest

FIRST = ("campaign", "farm_type", "hard", "hard_pair_only")
"""Splits in the order in which they are run; the others follow by name."""
SCORES = "scores.parquet"
PAIR_ONLY = "hard_pair_only"

OddsOf = Callable[[Described], Reals]
Fitter = Callable[[Described, int, Path, OnProgress], OddsOf]
"""(clusters, seed, folder) -> what a network learnt from them says of others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldRows:
    """One fold as folds.parquet tells it."""

    split: str
    name: str
    fit: Texts
    calibrate: Texts
    test: Texts
    """Keys of clusters: campaign, a tab, cluster_id."""
    fit_is_farm: Flags
    """The labels this fold gives its learnt clusters; some splits spoil them."""
    calibrate_is_farm: Flags


def read_folds(path: Path, splits: Sequence[str] = ()) -> list[FoldRows]:
    """All folds, or those of these splits, in the order they are run."""
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(str(path), "no such file", "the folds of an evaluation", "Run `abuse evaluate` first.")
    table = pq.read_table(path).to_pandas()
    table["key"] = table.campaign + "\t" + table.cluster_id
    found = []
    for (split, name), rows in table.groupby(["split", "fold"], sort=True):
        if splits and split not in splits:
            continue
        parts = {part: rows[rows.part == part] for part in ("fit", "calibrate", "test")}
        keys = {part: own.key.to_numpy(dtype=np.str_) for part, own in parts.items()}
        labels = {f"{part}_is_farm": parts[part].is_farm.to_numpy(dtype=np.bool_) for part in ("fit", "calibrate")}
        found.append(FoldRows(split=str(split), name=str(name), **keys, **labels))
    place = {split: at for at, split in enumerate(FIRST)}
    return sorted(found, key=lambda fold: (place.get(fold.split, len(FIRST)), fold.split, fold.name))


def fold_scores(folds: Sequence[FoldRows], run: FoldRun) -> Path:
    """OUT/scores.parquet with every test row of every fold, written again after each fold."""
    parts: list[Saved] = []
    for number, fold in enumerate(folds):
        run.on_progress(f"{run.recipe.name}, split {fold.split} {fold.name}", number, len(folds))
        parts.append(run.scored(fold))
        write_scores(joined_scores(parts), run.out / SCORES)
    run.on_progress(run.recipe.name, len(folds), len(folds))
    return run.out / SCORES


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldRun:
    """What the folds are run on, how, and where what is done is kept."""

    dataset: Described
    hard: Described | None
    recipe: Recipe
    out: Path
    on_progress: OnProgress
    fit: Fitter

    def scored(self, fold: FoldRows) -> Saved:
        """The mean log-odds of all seeds, calibrated."""
        learnt = _relabelled(self.dataset.take(places(self.dataset, fold.fit)), fold.fit_is_farm)
        aside = _relabelled(self.dataset.take(places(self.dataset, fold.calibrate)), fold.calibrate_is_farm)
        tested = self._tested(fold)
        asked = {"tested": tested, "aside": aside, "aside_pair_only": aside.pair_only()}
        key = digest([learnt.rows.digest(), learnt.rows.is_farm.tolist(), self.recipe.digest()])
        found = [self._odds(fold, learnt, asked, key, seed) for seed in self.recipe.seeds]
        mean = {name: np.mean([of_seed[name] for of_seed in found], axis=0) for name in asked}
        fitted = calibrations(mean["aside"], mean["aside_pair_only"], aside.rows)
        score, lower = fitted.judged(mean["tested"], tested.rows.values, tested.rows.features)
        split, name, scorer = (np.full(len(tested), text) for text in (fold.split, fold.name, self.recipe.name))
        return Saved(split, name, scorer, tested.rows.campaign, tested.rows.cluster_id, score, lower)

    def _tested(self, fold: FoldRows) -> Described:
        source = self.hard if fold.split.startswith("hard") and self.hard is not None else self.dataset
        tested = source.take(places(source, fold.test))
        return tested.pair_only() if fold.split == PAIR_ONLY else tested

    def _odds(
        self, fold: FoldRows, learnt: Described, asked: dict[str, Described], key: str, seed: int
    ) -> dict[str, Reals]:
        """What one seed's network says; kept, so that it is asked once."""
        folder = self.out / "fits" / f"{key}-{seed}"
        kept = folder / f"{digest([fold.split, fold.name])}.npz"
        if not kept.is_file():
            odds_of = self.fit(learnt, seed, folder, self.on_progress)
            found = {name: odds_of(clusters) for name, clusters in asked.items()}
            half = kept.with_suffix(".half")
            with half.open("wb") as file:
                np.savez(file, **found)  # type: ignore[arg-type]
            half.replace(kept)
        with np.load(kept) as stored:
            return {name: stored[name] for name in asked}


def places(clusters: Described, keys: Texts) -> Whole:
    """Where these clusters are."""
    own = zip(clusters.rows.campaign.tolist(), clusters.rows.cluster_id.tolist(), strict=True)
    place = {f"{campaign}\t{cluster}": at for at, (campaign, cluster) in enumerate(own)}
    missing = [key for key in keys.tolist() if key not in place]
    if missing:
        campaign, cluster = missing[0].split("\t")
        raise InputError(
            "folds", f"{cluster} of {campaign}", "a cluster of the dataset", "Evaluate this dataset again."
        )
    return np.array([place[key] for key in keys.tolist()], dtype=np.int64)


def _relabelled(clusters: Described, is_farm: Flags) -> Described:
    """With the labels a fold gives; members of a cluster whose label is spoilt go with it."""
    is_spoilt = clusters.rows.is_farm != is_farm
    of_member = np.repeat(is_spoilt, clusters.corpus.num_members)
    told = np.repeat(is_farm, clusters.corpus.num_members)
    return Described(
        rows=dataclasses.replace(clusters.rows, is_farm=is_farm),
        corpus=clusters.corpus,
        member_is_farm=np.where(of_member, told, clusters.member_is_farm),
    )


def farmset_scores(
    dataset: Path,
    hard: Path | None,
    out: Path,
    features: FeatureList,
    recipe: Recipe,
    *,
    splits: Sequence[str] = (),
    on_progress: OnProgress,
) -> Path:
    """Scores of every fold of OUT/folds.parquet, kept under OUT/NAME. Killed, the same call goes on."""
    folds = read_folds(out / "folds.parquet", splits)
    run = FoldRun(
        dataset=read_described(dataset, features),
        hard=read_described(hard, features) if hard else None,
        recipe=recipe,
        out=out / recipe.name,
        on_progress=on_progress,
        fit=network_fitter(recipe),
    )
    return fold_scores(folds, run)


def network_fitter(recipe: Recipe) -> Fitter:
    """Fits networks as the recipe says."""
    from abuse.model.farmset.fit import fitted
    from abuse.model.farmset.predict import Reader
    from abuse.model.farmset.tensors import place

    def fit(clusters: Described, seed: int, folder: Path, on_progress: OnProgress) -> OddsOf:
        reader = Reader(fitted(clusters, recipe, seed, folder, on_progress), place(recipe.device))
        return lambda asked: reader.odds(asked.corpus, asked.rows.values).cluster

    return fit
