"""How a model is made: every number of training with its unit and reason. One TOML file (`--recipe`) overrides any."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abuse.bounds import require
from abuse.settings import digest
from abuse.toml import Reader

SIZES = ("tiny", "small", "base")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ablation:
    """What is left in. Each is switched off to see what it is worth."""

    pretraining: bool = True
    """Whether masked events are learnt first."""
    relations: bool = True
    """Whether the fields are read that compare a member's acts with the others'."""
    tree: bool = True
    """Whether members hear of who paid them, whom they paid, and who shares their payer or destination."""
    hand: bool = True
    """Whether the figures are read that the boosted trees get."""
    absolute: bool = True
    """Whether what says nothing of coordination is read: how large a group is, how old or busy its members are. It may
    tell kinds of simulated groups apart rather than farms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretrain:
    """Masked events: what comes where, learnt without labels."""

    tokens: int = 3_000_000
    """Tokens read, events and members' own rows."""
    rate: float = 1e-3
    """Highest learning rate of AdamW."""
    mask_share: float = 0.4
    """Share of events masked. Repeats make few too easy: BERT4ETH masks .8."""
    max_span: int = 4
    """Events masked in a row, at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Clusters and members, learnt from labels."""

    tokens: int = 7_000_000
    """Tokens read."""
    rate: float = 7e-4
    """Highest learning rate of AdamW."""
    member_weight: float = 0.5
    """Of the loss of members beside that of clusters."""
    type_weight: float = 0.2
    """Of the loss of the farm's type beside that of clusters."""
    smoothing: float = 0.02
    """How far a label is from certain: mixed groups are called by their majority."""
    max_size_weight: float = 3.0
    """A cluster counts by the root of its size over that of the smallest one; at most so often."""
    crop_members: int = 256
    """Members of a cluster that one step sees at most; scoring reads all."""
    min_crop: float = 0.5
    """Least share of the members that a crop keeps: size must not be the shortcut."""
    crop_chance: float = 0.5
    """How often a cluster is cropped at all."""
    pair_only_chance: float = 0.25
    """How often a cluster is shown as a source would that says only who dealt with whom."""
    hidden_fields: float = 0.1
    """Chance of each field to be masked in all of a cluster."""
    average: float = 0.995
    """Share of the running average of the weights that a step keeps; the average is what is shipped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One way to make a model."""

    name: str = "farmset"
    """What its scores are called in reports."""
    size: str = "small"
    """tiny, small or base: network.SIZES."""
    seeds: tuple[int, ...] = (0, 1)
    """One network each; a score is the mean of theirs."""
    batch_tokens: int = 8_192
    """Tokens a step reads; 8k keep two cores busy, a GPU wants 256k and more."""
    max_fold_tokens: int = 20_000_000
    """Tokens that all seeds of one fold may read together: two hours and a half for eight folds on two cores."""
    warmup: float = 0.05
    """Share of the steps over which the learning rate grows."""
    decay: float = 0.05
    """AdamW's weight decay."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    dropout: float = 0.1
    """Of the network's own layers."""
    checkpoint_s: float = 60.0
    """Seconds between checkpoints. A killed run repeats at most so much."""
    device: str = "auto"
    """auto, cpu or cuda."""
    threads: int = 2
    """Threads of one training on a CPU."""
    pretrain: Pretrain = field(default_factory=Pretrain)
    fit: Fit = field(default_factory=Fit)
    ablation: Ablation = field(default_factory=Ablation)

    def __post_init__(self) -> None:
        require("size", self.size, f"one of: {', '.join(SIZES)}", holds=self.size in SIZES)
        is_set = len(set(self.seeds)) == len(self.seeds) > 0
        require("seeds", list(self.seeds), "one seed or more, none twice", holds=is_set)
        require("device", self.device, "auto, cpu or cuda", holds=self.device in ("auto", "cpu", "cuda"))
        require("batch_tokens", self.batch_tokens, "64 or more", holds=self.batch_tokens >= 64)  # noqa: PLR2004
        wanted = f"at least the {self.fold_tokens():,} that its seeds read"
        require("max_fold_tokens", self.max_fold_tokens, wanted, holds=self.max_fold_tokens >= self.fold_tokens())

    def fold_tokens(self) -> int:
        """Tokens that all seeds of a fold read."""
        of_seed = self.fit.tokens + (self.pretrain.tokens if self.ablation.pretraining else 0)
        return len(self.seeds) * of_seed

    def made_of(self) -> dict[str, Any]:
        """All that can change a weight; not its name, nor how often it is saved."""
        left_out = ("name", "seeds", "checkpoint_s", "max_fold_tokens", "threads")
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in left_out}

    def digest(self) -> str:
        """Sixteen hex digits over that."""
        return digest(self.made_of())


def load_recipe(path: Path | None) -> Recipe:
    """The default one, overridden by the file."""
    if path is None:
        return Recipe()
    reader = Reader("recipe", f"Mend it in {path}.")
    return reader.build(Recipe, reader.load(path))
