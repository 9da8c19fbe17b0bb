"""What is submitted: the command spark-submit gets, and the job EMR Serverless gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from moto.server import ThreadedMotoServer

from farm.deployment import Deployment, Emr, Spark
from farm.launch import submit

SLICE = ("/campaigns/spring.toml", "2026-04-08T00:00:00Z", "spring 2026-04-08")
ARGUMENTS = ["--campaign", SLICE[0], "--as-of", SLICE[1], "--lake", "s3a://lake"]
SPARK = Spark(binary="/opt/bin/spark-submit", python="/opt/bin/python", jobs="/opt/jobs", jars="/opt/jars/*.jar")
EMR = Emr(
    application_id="set by the test",
    execution_role_arn="arn:aws:iam::123456789012:role/farm",
    archive="s3://b/abuse.tar.gz",
    jobs="s3://b/jobs",
    jars=["s3://b/a.jar", "s3://b/b.jar"],
    campaigns="s3://b/campaigns",
    logs="s3://b/logs/",
    region="eu-west-1",
    conf={"spark.executor.memory": "8g", "spark.driver.extraJavaOptions": "-Xss8m -Dx=1"},
    tags={"team": "anti-fraud"},
)


def command(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As the provider's own hook builds it."""
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "local[2]"}')
    operator: Any = submit("trails", deployment, *SLICE)
    hook = operator._get_hook()
    return list(hook._build_spark_submit_command(operator.application))


def test_spark_submit_gets_job_jars_conf_and_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    spark = Spark(**{f: getattr(SPARK, f) for f in ("binary", "python", "jobs", "jars")}, conf={"spark.x": "1"})
    found = command(Deployment(lake="s3a://lake", campaigns="/campaigns", spark=spark), monkeypatch)
    assert found[0] == "/opt/bin/spark-submit"
    assert found[found.index("--master") + 1] == "local[2]"
    assert found[found.index("--jars") + 1] == "/opt/jars/*.jar"
    assert found[found.index("--name") + 1] == SLICE[2]
    assert "spark.x=1" in found
    assert found[found.index("/opt/jobs/trails.py") :] == ["/opt/jobs/trails.py", *ARGUMENTS]


def test_the_projects_python_runs_driver_and_workers() -> None:
    operator: Any = submit("trails", Deployment(lake="l", campaigns="c", spark=SPARK), *SLICE)
    assert operator.env_vars == {"PYSPARK_PYTHON": "/opt/bin/python", "PYSPARK_DRIVER_PYTHON": "/opt/bin/python"}


def test_an_archive_is_the_python_of_executors_that_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    spark = Spark(**{f: getattr(SPARK, f) for f in ("binary", "python", "jobs", "jars")}, archive="/opt/abuse.tar.gz")
    found = command(Deployment(lake="l", campaigns="c", spark=spark), monkeypatch)
    assert found[found.index("--archives") + 1] == "/opt/abuse.tar.gz#environment"
    assert "spark.pyspark.python=./environment/bin/python" in found
    assert "spark.pyspark.driver.python=/opt/bin/python" in found


def test_settings_are_passed_when_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    found = command(Deployment(lake="l", campaigns="c", spark=SPARK, settings="/etc/abuse.toml"), monkeypatch)
    assert found[-2:] == ["--settings", "/etc/abuse.toml"]


def test_the_grid_shows_the_slice_and_the_pool_is_the_lakes() -> None:
    operator: Any = submit("trails", Deployment(lake="l", campaigns="c", spark=SPARK, pool="lake_b"), *SLICE)
    assert (operator.pool, operator.task_id, operator.name) == ("lake_b", "trails", SLICE[2])
    assert operator.map_index_template == "{{ task.name }}"
    assert "name" in operator.template_fields, "resolved before the grid shows it"


@pytest.fixture(scope="module")
def emr_api() -> Iterator[str]:
    """An S3 and EMR Serverless API on loopback, with credentials that mean nothing."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AIRFLOW_CONN_AWS_DEFAULT": '{"conn_type": "aws"}',
    }
    yield os.environ["AWS_ENDPOINT_URL"]
    server.stop()
    os.environ.clear()
    os.environ.update(before)


def test_emr_serverless_gets_entry_point_arguments_archive_configuration_and_tags(emr_api: str) -> None:
    import boto3

    client = boto3.client("emr-serverless", region_name="eu-west-1")
    application = client.create_application(name="farm", releaseLabel="emr-7.10.0", type="SPARK")["applicationId"]
    client.start_application(applicationId=application)
    emr = Emr(**{f: getattr(EMR, f) for f in Emr.__dataclass_fields__} | {"application_id": application})
    deployment = Deployment(lake="s3a://lake", campaigns="/campaigns", launcher="emr_serverless", emr=emr)
    operator: Any = submit("trails", deployment, *SLICE)
    with pytest.raises(TaskDeferred) as deferred:  # the job runs on; the triggerer watches it
        operator.execute({"ti": _Pushed()})
    (started,) = client.list_job_runs(applicationId=application)["jobRuns"]
    job = client.get_job_run(applicationId=application, jobRunId=started["id"])["jobRun"]
    submitted = job["jobDriver"]["sparkSubmit"]
    assert submitted["entryPoint"] == "s3://b/jobs/trails.py"
    assert submitted["entryPointArguments"] == ARGUMENTS
    conf = submitted["sparkSubmitParameters"].split("--conf ")
    said = dict(part.strip().split("=", 1) for part in conf if part.strip())
    assert said["spark.archives"] == "s3://b/abuse.tar.gz#environment"
    assert said["spark.jars"] == "s3://b/a.jar,s3://b/b.jar"
    pythons = ("emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON", "emr-serverless.driverEnv.PYSPARK_PYTHON")
    for name in (*pythons, "executorEnv.PYSPARK_PYTHON"):
        assert said[f"spark.{name}"] == "./environment/bin/python"
    overrides = job["configurationOverrides"]
    assert overrides["applicationConfiguration"] == [{"classification": "spark-defaults", "properties": EMR.conf}]
    assert overrides["monitoringConfiguration"] == {"s3MonitoringConfiguration": {"logUri": "s3://b/logs/"}}
    assert job["executionRole"] == EMR.execution_role_arn
    assert job["tags"] == {"project": "campaign-abuse", "step": "trails", "team": "anti-fraud"}
    assert job["name"] == SLICE[2]
    assert operator.config["executionTimeoutMinutes"] == 4 * 60 - 5, "over before a retry begins"
    assert deferred.value.trigger.job_id == started["id"]


def test_emr_serverless_waits_as_long_as_the_step_may_take() -> None:
    deployment = Deployment(lake="l", campaigns="c", launcher="emr_serverless", emr=EMR, step_timeout_hours=4)
    operator: Any = submit("trails", deployment, *SLICE)
    assert operator.waiter_delay * operator.waiter_max_attempts == 4 * 3600, "the default gives up after 25 minutes"
    assert operator.deferrable
    assert operator.cancel_on_kill


class _Pushed:
    """A task instance that takes what is pushed to it."""

    dag_id, task_id, run_id, map_index, try_number = "farm_nightly", "night.trails", "r", 0, 1

    def xcom_push(self, *_: object, **__: object) -> None: ...
