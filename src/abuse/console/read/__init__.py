"""A publication as a SQLite file: built from Delta, never written by hand, swapped whole when another is current."""
