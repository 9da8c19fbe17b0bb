"""What takes a JVM of its own many times over; run by hand: `poe torture`."""
