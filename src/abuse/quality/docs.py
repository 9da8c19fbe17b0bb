"""Stored validations -> Great Expectations' Data Docs, on request: a night never waits for them.

The pages fetch their style from Great Expectations' CDN when a browser opens them; writing them fetches nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from abuse.quality.suites import context_of, great_expectations


def write_docs(folder: Path, validations: list[dict[str, Any]]) -> Path:
    """Data Docs of stored validations; the page to open first."""
    with great_expectations() as gx:
        from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        context = context_of(gx)
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
        site = {"class_name": "SiteBuilder", "store_backend": backend}
        site["site_index_builder"] = {"class_name": "DefaultSiteIndexBuilder"}
        context.add_data_docs_site("gates", site)
        for said in validations:
            stage = said["suite_name"]
            key = ValidationResultIdentifier(
                expectation_suite_identifier=ExpectationSuiteIdentifier(name=stage),
                run_id=RunIdentifier(**said["meta"]["run_id"]),
                batch_identifier=stage,
            )
            context.validation_results_store.set(key, expectationSuiteValidationResultSchema.load(said))
        context.build_data_docs(site_names=["gates"])
    return folder / "index.html"
