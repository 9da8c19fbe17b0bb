"""Where steps meet the world: what each reads, calls and writes. No rule lives here."""
