"""A stored model -> its card: what it is, what it learnt from, what it is worth, where it ends."""

from __future__ import annotations

from collections.abc import Mapping

from abuse.model.bootstrap import Estimate
from abuse.model.certificate import Certificate
from abuse.model.markdown import certificate_line, shown, table
from abuse.model.stored import Model

SHOWN = (
    ("pr_auc", "average precision"),
    ("roc_auc", "ROC-AUC"),
    ("precision_at_70", "precision where 70 % of the farms are found"),
    ("precision_accounts", "share of flagged accounts that are farm accounts"),
    ("recall_accounts", "share of farm accounts that are flagged"),
    ("honest_flagged_per_100k", "honest accounts flagged per 100,000 honest accounts in clusters"),
    ("ece", "calibration error (15 bins)"),
    ("brier", "Brier score"),
)
LIMITS = """## Limits
- It learnt from simulated campaigns. Figures say how it does on simulated ones; real campaigns may differ.
- Calibrated at the share of farms among the calibration campaigns' clusters. Where a campaign has fewer, the
  probability is too high.
- A score is evidence of coordination, never proof of who is behind an account. Disqualifying needs the policy's
  independent kinds of evidence as well, and a person's verdict outranks it.
- Sources that say only who dealt with whom leave most features unknown; such rows have a calibration of their own.
- Reasons are path-dependent contributions (Saabas) for trees, weight times value for a linear model: they say what
  moved this score, not what would happen to another account.
"""


def card(
    model: Model, figures: Mapping[str, Estimate], limits: tuple[Certificate, Certificate], threshold: float
) -> str:
    """The text of README.md."""
    about = model.config["about"]
    farms, clusters = about["num_training_farms"], about["num_training_clusters"]
    return f"""# Farm cluster scorer, {about["scorer"]}, version {model.version}

Says of a cluster of accounts how likely it is a reward farm, with a lower bound of that and the features that moved it.
Load it with `abuse.model.stored.load`; files are `weights.safetensors` and `config.json`, and nothing in them is code.

## What it learnt from
{clusters:,} clusters ({farms:,} farms) of {about["num_training_campaigns"]} campaigns,
each seen whole and as a pair-only source would show it. Calibrated on {about["num_calibration_clusters"]:,} clusters of
{len(about["calibration_campaigns"])} other campaigns: probability by Platt's method, lower bound by inductive
Venn-ABERS.
Dataset digest `{about["training_digest"]}`, seed {about["seed"]}, {len(model.features.names)} features.

## What it is worth
{worth(figures)}
On the calibration campaigns, which the lower bound was fitted on:
{certificate_line(limits[0], f"at a lower bound of {threshold}")}
{certificate_line(limits[1], "at the threshold with the least error the rows can certify")}

{LIMITS}"""


def worth(figures: Mapping[str, Estimate]) -> str:
    """Its figures on the hard set, where one was given."""
    if not figures:
        return "No hard set was given. `abuse evaluate` judges it.\n"
    rows = [(said, shown(figures[name])) for name, said in SHOWN]
    return "On the hard set, made by an engine it never saw (95 % interval):\n\n" + table(("figure", "value"), rows)
