"""A step of the night -> the operator that submits it, as the deployment says.

Another way to run Spark is one more function here and its name in LAUNCHERS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import BaseOperator

from farm.deployment import Deployment

POLL_S = 30
ENVIRONMENT = "./environment/bin/python"
"""where Spark unpacks an archive named ...#environment, beside driver and executors"""
LABEL = "{{ task.name }}"


def submit(step: str, deployment: Deployment, campaign: Any, as_of: Any, label: Any) -> BaseOperator:
    """jobs/STEP.py for one slice; `campaign`, `as_of` and `label` may be references that Airflow resolves."""
    arguments = ["--campaign", campaign, "--as-of", as_of, "--lake", deployment.lake]
    if deployment.settings:
        arguments += ["--settings", deployment.settings]
    options = {
        "task_id": step,
        "pool": deployment.pool,
        "name": label,
        "map_index_template": LABEL,
        "execution_timeout": timedelta(hours=deployment.step_timeout_hours),
        "doc_md": f"`jobs/{step}.py`, one step of the night. Running it again replaces its own slice and nothing else.",
    }
    return LAUNCHERS[deployment.launcher](step, deployment, arguments, options)


def spark_submit(step: str, deployment: Deployment, arguments: list[Any], options: dict[str, Any]) -> BaseOperator:
    spark = deployment.spark
    conf = dict(spark.conf)
    python = spark.python
    if spark.archive:
        conf["spark.pyspark.python"] = ENVIRONMENT
        conf["spark.pyspark.driver.python"] = spark.python
    return SparkSubmitOperator(
        application=f"{spark.jobs}/{step}.py",
        application_args=arguments,
        conn_id=spark.conn_id,
        spark_binary=spark.binary,
        jars=spark.jars or None,
        archives=f"{spark.archive}#environment" if spark.archive else None,
        conf=conf,
        env_vars={} if spark.archive else {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python},
        **options,
    )


def emr_serverless(step: str, deployment: Deployment, arguments: list[Any], options: dict[str, Any]) -> BaseOperator:
    emr = deployment.emr
    polls = int(timedelta(hours=deployment.step_timeout_hours).total_seconds() / POLL_S)
    return EmrServerlessStartJobOperator(
        application_id=emr.application_id,
        execution_role_arn=emr.execution_role_arn,
        job_driver={
            "sparkSubmit": {
                "entryPoint": f"{emr.jobs}/{step}.py",
                "entryPointArguments": arguments,
                "sparkSubmitParameters": emr_parameters(deployment),
            }
        },
        configuration_overrides=emr_configuration(deployment),
        config={
            "tags": {"project": "campaign-abuse", "step": step} | emr.tags,
            "executionTimeoutMinutes": max(5, polls * POLL_S // 60 - 5),  # ends by itself before a retry may start
        },
        aws_conn_id=emr.aws_conn_id,
        region_name=emr.region or None,
        deferrable=True,  # the pool counts deferred tasks too, so the lake still has one writer
        waiter_delay=POLL_S,
        waiter_max_attempts=polls,
        **options,
    )


def emr_parameters(deployment: Deployment) -> str:
    """spark-submit's options: the archive as the Python of driver and executors, and the jars."""
    emr = deployment.emr
    conf = {
        "spark.archives": f"{emr.archive}#environment",
        "spark.jars": ",".join(emr.jars),
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": ENVIRONMENT,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": ENVIRONMENT,
        "spark.executorEnv.PYSPARK_PYTHON": ENVIRONMENT,
    }
    return " ".join(f"--conf {key}={value}" for key, value in conf.items())


def emr_configuration(deployment: Deployment) -> dict[str, Any]:
    """[emr.conf] as spark-defaults, where a value may hold spaces, and where the logs go."""
    emr = deployment.emr
    found: dict[str, Any] = {}
    if emr.conf:
        found["applicationConfiguration"] = [{"classification": "spark-defaults", "properties": dict(emr.conf)}]
    if emr.logs:
        found["monitoringConfiguration"] = {"s3MonitoringConfiguration": {"logUri": emr.logs}}
    return found


LAUNCHERS: dict[str, Callable[[str, Deployment, list[Any], dict[str, Any]], BaseOperator]] = {
    "spark_submit": spark_submit,
    "emr_serverless": emr_serverless,
}
