"""The one SparkSession: started by us in local mode, found under spark-submit."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from abuse.campaign import Source
from abuse.errors import SetupError
from abuse.lake.jars import local_jars, require_java, s3_jars
from abuse.lake.profile import JVM, LARGE, SMALL, heap, profile_of
from abuse.settings import Settings

ALWAYS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # pandas writes times so; checks.moment reads them
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # as Delta has them; every reader knows it
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000",  # a job to look at 33 files is none saved
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",  # delta-rs must read every table
}
S3_CLASS = "org.apache.hadoop.fs.s3a.S3AFileSystem"
LOCAL = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",  # nothing listens beyond loopback
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.databricks.delta.snapshotPartitions": "1",  # the default of 50 made a tiny write take 20 s (measured)
    "spark.sql.files.maxPartitionBytes": "1g",  # bounded by the cores' share: few large tasks aggregate twice as well
    "spark.log.level": "ERROR",
}


def start_session(
    settings: Settings, app: str = "abuse", *, with_s3: bool = False, sources: Iterable[Source] | None = None
) -> SparkSession:
    """The running session, or a new one, set for the size of these sources. Raises SetupError without a fitting Java or
    with a wrong jar.
    """
    require_java()
    logging.getLogger("DataFrameQueryContextLogger").setLevel(logging.CRITICAL)  # repeats every exception as JSON
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or workers start another Python and miss packages
    builder = SparkSession.builder.appName(app)
    conf, profile = ALWAYS | (s3_conf() if with_s3 else {}), profile_of(settings.spark, sources)
    if under_spark_submit():
        conf |= SMALL if profile == "small" else {}
    else:
        conf |= LOCAL | (SMALL if profile == "small" else LARGE)
        conf |= {
            "spark.master": settings.spark.master,
            "spark.driver.memory": heap(settings.spark, profile),
            "spark.driver.extraJavaOptions": f"{JVM[profile]} -Xss8m -Dlog4j2.level=ERROR",
            "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
            "spark.jars": ",".join(map(str, local_jars(settings.jars) + (s3_jars(settings.jars) if with_s3 else []))),
        }
        if settings.spark.local_dir:
            conf["spark.local.dir"] = settings.spark.local_dir
        conf |= settings.spark.conf
    for key, value in conf.items():
        builder = builder.config(key, value)
    with jvm_log() as log:
        try:
            session = builder.getOrCreate()
        except Exception as why:
            found = f"no session ({type(why).__name__})"
            raise SetupError("Spark", found, "a running session", f"Read {log}, and run `abuse doctor`.") from why
    if with_s3:
        _require_s3(session)
    return session


def s3_conf() -> dict[str, str]:
    """Who we are, and where S3 is, as boto3 finds both: AWS's standard chain, and AWS_ENDPOINT_URL."""
    conf = {"aws.credentials.provider": "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"}
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        conf |= {"endpoint": url, "endpoint.region": region, "path.style.access": "true"}
        conf |= {"connection.ssl.enabled": str(url.startswith("https:")).lower()}
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in conf.items()}


def _require_s3(session: SparkSession) -> None:
    """Asked of the loader that Spark gave the jars to: to a session that somebody else started, none can be added."""
    jvm: Any = session.sparkContext._jvm
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(S3_CLASS)
    except Py4JJavaError:
        fix = "Give Spark `--jars $(abuse jars --s3)`."
        raise SetupError("Spark", "knows no s3a", "Hadoop's S3 file system", fix) from None


@contextmanager
def jvm_log() -> Iterator[Path]:
    """The file that a JVM started inside writes its chatter to, for as long as it lives; Python's stderr stays ours."""
    path = Path(tempfile.gettempdir()) / f"abuse-spark-{os.getpid()}.log"
    if under_spark_submit():
        yield path
        return
    ours = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield path
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def under_spark_submit() -> bool:
    """Whether a JVM started this Python; then master, memory and jars are its caller's."""
    return "PYSPARK_GATEWAY_PORT" in os.environ
