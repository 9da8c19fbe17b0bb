"""A publication -> the rows of a table, a batch at a time: for what is larger than memory should hold."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from abuse.errors import LakeError
from abuse.lake.arrow import files_of
from abuse.lake.publication import Publication
from abuse.lake.rust import is_table, opened
from abuse.tables import WHEN, PerRun, Published

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyarrow.dataset import Fragment

BATCH_ROWS = 5_000


def batches(publication: Publication, table: type[PerRun], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of the slice in the declared types: of a public table at the version the run published, of a work table
    those the same run made, and none where another run of the slice has taken their place. What is held published
    nothing, so of it all is in work.
    """
    run, is_public = publication.run, issubclass(table, Published) and not publication.is_held
    path = f"{publication.lake.rstrip('/')}/{'' if is_public else 'work/'}{table.table_name()}"
    if not is_public and not is_table(path):
        return
    slice_ = (pc.field(table.campaign_id) == run.campaign_id) & (pc.field(table.as_of) == pa.scalar(run.as_of, WHEN))
    in_files = [
        (table.campaign_id, "=", run.campaign_id),
        (table.as_of, "=", run.as_of.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")),
    ]
    schema = pa.schema([table.arrow_schema().field(name) for name in columns])
    try:
        found = opened(path, publication.version(table) if is_public and issubclass(table, Published) else None)
        rows = found.to_pyarrow_dataset(filesystem=files_of(found, path), file_pruning_predicate=in_files)
        for batch in _in_turn(rows.get_fragments(slice_), columns, None if is_public else run.made_by):
            yield conformed(batch, schema)
    except (DeltaError, OSError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        where = f"lake {publication.lake}: table {table.table_name()} of run {run.run_id}"
        raise LakeError(where, f"cannot be read ({said})", "the rows of its run", "Publish the slice again.") from error


def _in_turn(files: Iterable[Fragment], columns: list[str], run_id: str | None) -> Iterator[pa.RecordBatch]:
    """Page by page: through a dataset Arrow unpacks a whole group of rows at once, 1.5 GB of a million decisions.

    A slice is whole partitions, so of its files every row counts.
    """
    for file in files:
        with file.open() as opened:
            parquet = pq.ParquetFile(opened)
            known = [name for name in (*columns, PerRun.run_id) if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(BATCH_ROWS, columns=known, use_threads=False):
                found = batch if run_id is None else batch.filter(pc.equal(batch[PerRun.run_id], run_id))
                if found.num_rows:
                    yield found


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """In the declared types; a column that a lake of an earlier version lacks is empty."""
    nothing = pa.nulls(batch.num_rows)
    arrays = [(batch[f.name] if f.name in batch.schema.names else nothing).cast(f.type) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
