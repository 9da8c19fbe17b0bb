"""Gates: whether a run may go on, and whether it may be published."""
