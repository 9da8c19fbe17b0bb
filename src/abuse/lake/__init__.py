"""Where tables live: the one Spark session, Delta slices, jars, the lock."""
