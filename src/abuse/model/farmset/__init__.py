"""The transformer that scores clusters: codec, network, training, scores. Nothing else in the package knows torch."""
