"""Writes schemas/*.json from src/abuse/tables.py: `poe schemas`. With --release also what readers may rely on from now
on, schemas/released/: `poe release-schemas`, when a version of the project is cut.
"""

import sys
from pathlib import Path

from abuse.compatibility import release
from abuse.contract import write_schemas
from abuse.tables import ALL, RETIRED

FOLDER = Path(__file__).parent.parent / "schemas"

if __name__ == "__main__":
    write_schemas(FOLDER, ALL)
    if "--release" in sys.argv[1:]:
        release(FOLDER / "released", ALL, RETIRED)
