"""A trained scorer -> its card: what it is, what it learnt from, what it is worth, where it ends."""

from __future__ import annotations

from collections.abc import Mapping

from abuse.model.bootstrap import Estimate
from abuse.model.card import worth
from abuse.model.certificate import Certificate
from abuse.model.farmset.ensemble import Ensemble
from abuse.model.markdown import certificate_line

LIMITS = """## Limits
- It learnt from simulated campaigns. Figures say how it does on simulated ones; real campaigns may differ.
- Calibrated at the share of farms among the calibration campaigns' clusters. Where a campaign has fewer, the
  probability is too high.
- A score is evidence of coordination, never proof of who is behind an account. Disqualifying needs the policy's
  independent kinds of evidence as well, and a person's verdict outranks it.
- A word, method or asset it has no number for is told apart by its rank in the cluster alone; nothing is refused.
- The probability that a member belongs was calibrated on whole sources, not on pair-only ones.
"""


def card(
    model: Ensemble, figures: Mapping[str, Estimate], limits: tuple[Certificate, Certificate], threshold: float
) -> str:
    """The text of README.md."""
    about, shape = model.about, model.networks[0].shape
    farms, clusters = about["num_training_farms"], about["num_training_clusters"]
    recipe, num_weights = about["recipe"], sum(part.numel() for part in model.networks[0].parameters())
    unlabelled = recipe["pretrain"]["tokens"] if recipe["ablation"]["pretraining"] else 0
    return f"""# Farm cluster scorer, {about["scorer"]}, version {model.version}

A transformer over the acts of a cluster's members: how likely the cluster is a reward farm, with a lower bound, and how
likely each member belongs. Size {recipe["size"]}: {num_weights:,} weights, {shape.num_layers} layers of width
{shape.width}, {len(model.networks)} seeds whose mean is the score. Load it with
`abuse.model.farmset.ensemble.load_ensemble`, one network with transformers' `AutoModel` after importing
`abuse.model.farmset.pretrained`. Nothing in the folder is code.

## What it learnt from
{clusters:,} clusters ({farms:,} farms) of {about["num_training_campaigns"]} campaigns, a quarter of the time as a
pair-only source would show them. Each seed read {unlabelled:,} tokens without labels, then
{recipe["fit"]["tokens"]:,} with. Calibrated on {about["num_calibration_clusters"]:,} clusters of
{len(about["calibration_campaigns"])} other campaigns: probability by one temperature, lower bound by inductive
Venn-ABERS. Dataset digest `{about["training_digest"]}`; `farmset.json` holds the whole recipe.

## What it is worth
{worth(figures)}
On the calibration campaigns, which the lower bound was fitted on:
{certificate_line(limits[0], f"at a lower bound of {threshold}")}
{certificate_line(limits[1], "at the threshold with the least error the rows can certify")}

{LIMITS}"""
