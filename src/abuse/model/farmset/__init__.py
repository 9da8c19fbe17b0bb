"""The transformer that scores clusters: codec, network, training, scores. Nothing else in the package knows torch."""

ABOUT = "farmset.json"
"""Of a scorer's folder: what it is, and the digest of every other file."""
