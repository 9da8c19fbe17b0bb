"""The bundle is whole, runs where it is unpacked, is the same twice, and arrives at S3 as it is."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

from abuse.errors import InputError, SetupError
from abuse.lake.jars import file_name
from abuse.settings import Settings
from infra import bundle

IMPORTS = "import abuse, deltalake, numpy, graphframes; print(abuse.__file__, numpy.__file__, graphframes.__file__)"


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "bundle"
    bundle.build(made, sys.executable, quiet)
    return made


@pytest.fixture(scope="module")
def unpacked(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    with tarfile.open(archive(out)) as tar:
        tar.extractall(folder, filter="fully_trusted")  # noqa: S202 -- ours; bin/python links out of it, as meant
    return folder


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 of our own on loopback, found as any other AWS tool would find it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    own = {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "any", "SECRET_ACCESS_KEY": "any", "DEFAULT_REGION": "eu-west-1"}
    for name, value in own.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    yield url
    server.stop()


def archive(out: Path) -> Path:
    (found,) = out.glob("*.tar.gz")
    return found


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / bundle.MANIFEST).read_text())
    return found


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.py")}


def said(*command: object, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_environment_runs_where_it_was_unpacked(unpacked: Path) -> None:
    lib = Path(pyspark.__path__[0]) / "python" / "lib"
    spark = os.pathsep.join(str(path) for path in sorted(lib.glob("*.zip")))  # what spark-submit adds on any cluster
    found = said(unpacked / "bin" / "python", "-P", "-c", IMPORTS, PYTHONPATH=spark).split()
    assert len(found) == 3 and all(Path(path).is_relative_to(unpacked) for path in found)
    assert "night" in said(unpacked / "bin" / "abuse", "--help", PYTHONPATH="")


def test_spark_is_the_cluster_s_own(unpacked: Path) -> None:
    (site,) = unpacked.glob("lib/python3*/site-packages")
    assert (site / "delta").is_dir()
    assert not list(site.glob("pyspark*")) and not list(site.glob("py4j*"))


def test_the_archive_names_nobody_s_folders_and_holds_no_compiled_code(out: Path, unpacked: Path) -> None:
    with tarfile.open(archive(out)) as tar:
        members = tar.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, 0, "", "")}
    assert not [m.name for m in members if "__pycache__" in m.name]
    scripts = [path.read_bytes() for path in (unpacked / "bin").iterdir() if not path.is_symlink()]
    assert not any(str(out.parent).encode() in script for script in scripts)


def test_the_manifest_tells_the_truth(out: Path) -> None:
    about = manifest(out)
    there = {path.relative_to(out).as_posix(): path for path in bundle.files(out)}
    assert set(about["files"]) | {bundle.MANIFEST} == set(there)
    for name, file in about["files"].items():
        content = there[name].read_bytes()
        assert file == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}, name
    major, minor, _ = about["python"].split(".")
    assert archive(out).name == f"abuse-{about['version']}-py{major}.{minor}.tar.gz"


def test_jars_and_jobs_are_the_project_s(out: Path) -> None:
    needed = Settings().jars.needed
    digests = {file["sha256"] for name, file in manifest(out)["files"].items() if name.startswith("jars/")}
    assert digests == {jar.sha256 for jar in needed}
    assert {path.name for path in (out / "jars").iterdir()} == {file_name(jar.coordinates) for jar in needed}
    assert texts(out / "jobs") == texts(bundle.PROJECT / "jobs")


def test_again_is_the_same_bytes_and_replaces_what_stood_there(out: Path) -> None:
    before = manifest(out)
    (out / "jars" / "old.jar").write_text("of an older bundle")
    bundle.build(out, sys.executable, quiet)
    assert manifest(out) == before
    assert not (out / "jars" / "old.jar").exists()
    assert [path.name for path in out.parent.iterdir()] == ["bundle"]


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(InputError, match="something that is no bundle"):
        bundle.build(tmp_path, sys.executable, quiet)
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_upload_arrives_byte_by_byte_and_says_what_to_paste(out: Path, endpoint: str) -> None:
    client, bucket, prefix = bundle.s3("s3://farm/releases/7/")
    assert (client.meta.endpoint_url, bucket, prefix) == (endpoint, "farm", "releases/7")
    client.create_bucket(Bucket="farm", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    order: list[str] = []
    pasted = tomllib.loads("[emr]\n" + bundle.upload(out, client, bucket, prefix, order.append))["emr"]
    assert order[-1] == f"upload: {bundle.MANIFEST}"
    sent = {path.relative_to(out).as_posix(): path for path in bundle.files(out)}
    keys = [one["Key"] for one in client.list_objects_v2(Bucket="farm")["Contents"]]
    assert set(keys) == {f"releases/7/{name}" for name in sent}
    for name, path in sent.items():
        assert client.get_object(Bucket="farm", Key=f"releases/7/{name}")["Body"].read() == path.read_bytes(), name
    root = "s3://farm/releases/7"
    jars = [f"{root}/jars/{path.name}" for path in sorted((out / "jars").iterdir())]
    assert pasted == {"archive": f"{root}/{archive(out).name}", "jobs": f"{root}/jobs", "jars": jars}


def test_an_upload_that_fails_is_one_line(out: Path, endpoint: str) -> None:
    with pytest.raises(SetupError, match=r"--upload s3://nowhere/x/: .*bucket does not exist") as caught:
        bundle.upload(out, *bundle.s3("s3://nowhere/x"), quiet)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("uri", ["s3a://bucket/prefix", "bucket/prefix", "s3://", "s3:///prefix", ""])
def test_only_s3_addresses_are_taken(uri: str) -> None:
    command = [sys.executable, "infra/bundle.py", "--upload", uri]
    done = subprocess.run(command, cwd=bundle.PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"bundle: --upload: {uri!r}, wanted s3://bucket/prefix. Name a bucket of yours.\n"


def test_without_boto3_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SetupError, match="no boto3 here"):
        bundle.s3("s3://farm")


def test_an_interpreter_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"uv venv: .*no-such-python") as caught:
        bundle.build(tmp_path / "bundle", "/no-such-python", quiet)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
