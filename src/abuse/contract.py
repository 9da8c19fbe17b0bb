"""A table is a class, a column an attribute: `Transfers.sender` is the column's own name.

`poe schemas` writes `schemas/` from `tables.py`; what a reader may rely on is in `schemas/README.md`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, overload

import pyarrow as pa

from abuse.errors import ContractError
from abuse.examples import example

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

RANGES: dict[str, tuple[float, float]] = {"0 to 1": (0, 1), "probability": (0, 1), "-1 to 1": (-1, 1)}
"""Units that bound what they measure. A whole number counts or numbers something, so it is never negative."""


class Field:
    """One column: its type, what it holds, whether every row must have it, and within which bounds."""

    def __init__(
        self,
        kind: pa.DataType,
        doc: str,
        *,
        required: bool = False,
        unit: str = "",
        allowed: tuple[str, ...] = (),
        low: float | None = None,
        filled: bool = False,
    ) -> None:
        self.kind, self.doc, self.required, self.unit, self.allowed = kind, doc, required, unit, allowed
        by_kind = 0 if pa.types.is_integer(kind) else None
        least, most = RANGES.get(unit, (by_kind, None))
        self.low: float | None = least if low is None else low
        self.high: float | None = most
        self.filled = filled
        """Whether a list has at least one item."""
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> str: ...
    @overload
    def __get__(self, instance: object, owner: type) -> str: ...
    def __get__(self, instance: object | None, owner: type) -> str:
        return self.name


class Check(NamedTuple):
    """What several columns of a row promise together; `holds` is SQL that is true of a good row, never empty."""

    name: str
    holds: str
    says: str


class Table:
    """Base of every table. `place`: work is written by steps, public by publish alone, ledger by delta-rs alone."""

    key: ClassVar[tuple[str, ...]] = ()
    place: ClassVar[str] = "work"
    partitions: ClassVar[tuple[str, ...]] = ()
    checks: ClassVar[tuple[Check, ...]] = ()
    version: ClassVar[int] = 1
    """Of the contract: one more whenever a reader of the one before could break (`abuse.compatibility`)."""
    is_promised: ClassVar[bool] = False
    """Whether others read it, or a later version of the project: then it may not change without a new version."""

    @classmethod
    def table_name(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def fields(cls) -> list[Field]:
        """The columns in their declared order; a base class's columns come first."""
        found: dict[str, Field] = {}
        for base in reversed(cls.__mro__):
            found.update({k: v for k, v in vars(base).items() if isinstance(v, Field)})
        return list(found.values())

    @classmethod
    def own_fields(cls) -> list[Field]:
        """Those that its own class declares, not a base."""
        return [value for value in vars(cls).values() if isinstance(value, Field)]

    @classmethod
    def columns(cls) -> list[str]:
        return [f.name for f in cls.fields()]

    @classmethod
    def arrow_schema(cls) -> pa.Schema:
        return pa.schema([pa.field(f.name, f.kind) for f in cls.fields()])

    @classmethod
    def schema(cls) -> StructType:
        from pyspark.sql.pandas.types import from_arrow_schema

        return from_arrow_schema(cls.arrow_schema())

    @classmethod
    def own_schema(cls) -> StructType:
        """Of the columns that its own class declares: what a step hands to the lake, which adds the others."""
        from pyspark.sql.pandas.types import from_arrow_schema

        return from_arrow_schema(pa.schema([(f.name, f.kind) for f in cls.own_fields()]))

    @classmethod
    def conform(cls, frame: DataFrame) -> DataFrame:
        """The declared columns, in order. Starts no Spark job. Raises ContractError naming every mismatch at once."""
        found = {f.name: f.dataType.simpleString() for f in frame.schema.fields}
        wanted = {f.name: f.dataType.simpleString() for f in cls.schema().fields}
        wrong = [f"{n} is {found.get(n, 'missing')}, not {t}" for n, t in wanted.items() if found.get(n) != t]
        if wrong:
            raise ContractError(
                f"table {cls.table_name()}", "; ".join(wrong), "its declared columns", "Fix the step that wrote it."
            )
        return frame.select(*wanted)

    @classmethod
    def contract(cls) -> dict[str, Any]:
        """The public contract as JSON-ready data."""
        return {
            "table": cls.table_name(),
            "version": cls.version,
            "promised": cls.is_promised,
            "row": " ".join((cls.__doc__ or "").split()),
            "place": cls.place,
            "key": list(cls.key),
            "columns": [_column(f) for f in cls.fields()],
            "checks": [check._asdict() for check in cls.checks],
        }


def _column(field: Field) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": field.name,
        "type": str(field.kind),
        "required": field.required,
        "description": field.doc,
    }
    said = {"unit": field.unit, "allowed": list(field.allowed), "low": field.low, "high": field.high}
    column |= {name: value for name, value in said.items() if value not in ("", [], None)}
    if field.filled:
        column["filled"] = True
    return column | {"example": example(field.name, field.kind, field.unit, field.allowed)}


def contract_files(tables: list[type[Table]]) -> dict[str, str]:
    """File name -> content, as `schemas/` must be."""
    return {f"{t.table_name()}.json": json.dumps(t.contract(), indent=2) + "\n" for t in tables}


def write_schemas(folder: Path, tables: list[type[Table]]) -> None:
    """Makes `folder` hold exactly the contracts of these tables."""
    folder.mkdir(exist_ok=True)
    files = contract_files(tables)
    for stale in {p.name for p in folder.glob("*.json")} - set(files):
        (folder / stale).unlink()
    for name, text in files.items():
        (folder / name).write_text(text)
