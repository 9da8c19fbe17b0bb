"""Written by `poe steps` from src/abuse/registry.py: steps, gates after them, public tables."""

STEPS = (
    "ingest",
    "services",
    "trails",
    "links",
    "clusters",
    "features",
    "score",
    "decide",
    "publish",
)
GATES = {
    "ingest": "inputs",
    "clusters": "clusters",
    "decide": "outputs",
}
PUBLIC = (
    "services",
    "links",
    "clusters",
    "cluster_members",
    "cluster_lineage",
    "scores",
    "explanations",
    "decisions",
    "disqualified_accounts",
    "verdict_changes",
)
