"""What steps are handed to write a frame and read it back, so that nothing upstream of it is computed twice."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame

Spill = Callable[[DataFrame], DataFrame]
