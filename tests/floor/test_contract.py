"""Tables as classes: order of the columns, and the one place where a frame is held against them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from abuse.contract import Field, Table
from abuse.errors import ContractError


class Base(Table):
    first = Field(pa.string(), "declared first")
    second = Field(pa.int64(), "declared second")


class ManyWords(Base):
    """Inherits, adds, and says `second` anew."""

    third = Field(pa.float64(), "declared third", unit="kg", allowed=("a", "b"), required=True)
    second = Field(pa.list_(pa.string()), "another type, the same place")


def test_columns_of_a_base_class_come_first_and_keep_their_place() -> None:
    assert ManyWords.columns() == ["first", "second", "third"]
    assert ManyWords.arrow_schema().field("second").type == pa.list_(pa.string())
    assert Base.arrow_schema().field("second").type == pa.int64()


def test_an_attribute_is_its_own_name_and_the_table_is_named_after_its_class() -> None:
    assert (ManyWords.first, ManyWords.third, ManyWords().third) == ("first", "third", "third")
    assert ManyWords.table_name() == "many_words"


def test_the_contract_says_only_what_a_field_has() -> None:
    first, _, third = ManyWords.contract()["columns"]
    said = {"name": "first", "type": "string", "required": False, "description": "declared first", "example": "text"}
    assert first == said
    assert (third["unit"], third["allowed"], third["required"]) == ("kg", ["a", "b"], True)


def test_conform_orders_the_declared_columns_and_names_every_mismatch_at_once(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "extra string, third double, second array<string>, first string")
    assert ManyWords.conform(frame).schema == ManyWords.schema()

    with pytest.raises(ContractError) as caught:
        ManyWords.conform(spark.createDataFrame([], "second array<bigint>, first int"))
    assert str(caught.value) == (
        "table many_words: first is int, not string; second is array<bigint>, not array<string>; "
        "third is missing, not double, wanted its declared columns. Fix the step that wrote it."
    )
