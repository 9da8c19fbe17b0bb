"""Writes schemas/*.json from src/abuse/tables.py: `poe schemas`."""

from pathlib import Path

from abuse.contract import write_schemas
from abuse.tables import ALL

if __name__ == "__main__":
    write_schemas(Path(__file__).parent.parent / "schemas", ALL)
