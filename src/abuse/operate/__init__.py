"""What a person runs and reads: the run report, `why`, `doctor`."""
