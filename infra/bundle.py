"""The project -> dist/bundle, all that a cluster needs: a packed environment, jars, jobs, a manifest. `poe bundle`.

Run it in the image that the cluster's nodes run: the archive holds wheels for this platform, and its bin/python is a
link to this machine's interpreter, which every node must have at the same path.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from abuse.errors import AbuseError, InputError, SetupError
from abuse.lake.jars import local_jars
from abuse.settings import Settings

PROJECT = Path(__file__).parent.parent
PACKAGE = "campaign-abuse"
MANIFEST = "manifest.json"
LONGEST = 600  # characters of a tool's complaint that are passed on

Say = Callable[[str], None]


def build(out: Path, python: str, say: Say) -> dict[str, Any]:
    """The manifest of a new bundle at `out`. A bundle that stood there is replaced by a whole one, or not at all."""
    out = out.absolute()
    if out.exists() and not (out / MANIFEST).is_file():
        raise InputError(f"--out {out}", "something that is no bundle", "a bundle or nothing", "Name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".bundle-") as name:
        work, made = Path(name), Path(name) / "bundle"
        say("wheel: the project")
        uv("build", "--quiet", "--wheel", "--out-dir", work / "wheel")
        (wheel,) = (work / "wheel").glob("*.whl")
        say("environment: the pinned dependencies, without Spark")
        version = wheel.name.split("-")[1]
        environment = filled_environment(work, python, version)
        about = description(environment, version)
        say("archive: packing the environment")
        made.mkdir()
        pack(environment, made / f"abuse-{version}-py{about['python'].rpartition('.')[0]}.tar.gz")
        say("jars and jobs: copying")
        for kind, sources in (("jars", local_jars(Settings().jars, say=say)), ("jobs", PROJECT.glob("jobs/*.py"))):
            (made / kind).mkdir()
            for source in sources:
                shutil.copyfile(source, made / kind / source.name)
        about["files"] = {path.relative_to(made).as_posix(): fingerprint(path) for path in files(made)}
        (made / MANIFEST).write_text(json.dumps(about, indent=1) + "\n")
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return about


def filled_environment(work: Path, python: str, version: str) -> Path:
    """A relocatable environment with the project in it. A node's Spark puts its own pyspark and py4j on the path."""
    environment, pins = work / "environment", work / "requirements.txt"
    uv("export", "--quiet", "--no-dev", "--no-emit-project", "--prune", "pyspark", "--output-file", pins)
    uv("venv", "--quiet", "--relocatable", "--python", python, environment)
    install = partial(uv, "pip", "install", "--quiet", "--no-deps", "--python", environment / "bin" / "python")
    install("--require-hashes", "--requirement", pins)
    install("--no-index", "--find-links", work / "wheel", f"{PACKAGE}=={version}")  # a path would be written down
    forget_time(environment)
    return environment


def forget_time(environment: Path) -> None:
    """uv notes when the wheel was built, in a file of its own. Without it the same sources give the same bytes."""
    for note in environment.glob("lib/*/site-packages/campaign_abuse-*.dist-info/uv_cache.json"):
        note.unlink()
        record = note.with_name("RECORD")
        kept = [line for line in record.read_text().splitlines(keepends=True) if note.name not in line]
        record.write_text("".join(kept))


def description(environment: Path, version: str) -> dict[str, Any]:
    """What the manifest says beside its list of files."""
    settings = (line.split(" = ") for line in (environment / "pyvenv.cfg").read_text().splitlines())
    return {
        "package": PACKAGE,
        "version": version,
        "python": dict(settings)["version_info"],
        "interpreter": str((environment / "bin" / "python").readlink()),
        "platform": f"{sys.platform}-{platform.machine()}",
        "jars": [jar.coordinates for jar in Settings().jars.needed],
    }


def pack(folder: Path, archive: Path) -> None:
    """Same files, same bytes: in order, without times and owners. Compiled code goes, since it holds times."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.parts:
                tar.add(path, path.relative_to(folder), recursive=False, filter=anonymous)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def uv(*arguments: object) -> None:
    command = ["uv", *map(str, arguments)]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise SetupError("uv", "not on PATH", "uv", "Install it: pip install uv.") from None
    if done.returncode:
        said = " ".join(done.stderr.split())[-LONGEST:]
        raise SetupError(f"uv {arguments[0]}", said or f"exit {done.returncode}", "success", "Mend what uv names.")


def s3(uri: str) -> tuple[Any, str, str]:
    """Client, bucket and prefix. Credentials, region and AWS_ENDPOINT_URL are found as in all of AWS's tools."""
    scheme, _, path = uri.partition("://")
    bucket, _, prefix = path.partition("/")
    if scheme != "s3" or not bucket:
        raise InputError("--upload", repr(uri), "s3://bucket/prefix", "Name a bucket of yours.")
    try:
        import boto3
    except ImportError:
        raise SetupError("--upload", "no boto3 here", "boto3", "Run it as `uv run poe bundle`.") from None
    return boto3.client("s3"), bucket, prefix.strip("/")


def upload(out: Path, client: Any, bucket: str, prefix: str, say: Say) -> str:
    """The [emr] lines of the deployment file. The manifest goes last, so it speaks only of what is there."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    root = f"{prefix}/" if prefix else ""
    names = [path.relative_to(out).as_posix() for path in files(out)]
    try:
        for name in sorted(names, key=lambda name: (name == MANIFEST, name)):
            say(f"upload: {name}")
            client.upload_file(str(out / name), bucket, root + name)
    except (Boto3Error, BotoCoreError, ClientError) as why:
        found, fix = " ".join(str(why).split())[:LONGEST], "Mend bucket, rights or credentials, and run it again."
        raise SetupError(f"--upload s3://{bucket}/{root}", found, "an upload", fix) from None
    there = [f"s3://{bucket}/{root}{name}" for name in names]
    archive, jars = [[one for one in there if one.endswith(end)] for end in (".tar.gz", ".jar")]
    lines = {"archive": archive[0], "jobs": f"s3://{bucket}/{root}jobs", "jars": jars}
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in lines.items())


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=PROJECT / "dist" / "bundle", help="Folder to make.")
@click.option("--python", default=sys.executable, help="Interpreter to link; the nodes must have it at the same path.")
@click.option("--upload", "uri", metavar="s3://BUCKET/PREFIX", help="Put it there too, and print the [emr] settings.")
def main(out: Path, python: str, uri: str | None) -> None:
    """Builds all that a cluster needs to run the jobs. Run it in the image that the cluster's nodes run."""
    say = partial(click.echo, err=True)
    try:
        target = None if uri is None else s3(uri)  # an error comes before a minute of building
        about = build(out, python, say)
        for name, file in about["files"].items():
            click.echo(f"{file['size']:>13,} bytes  {out / name}")
        say(f"Every node must have Python {about['python']} at {about['interpreter']}, for {about['platform']}.")
        if target is not None:
            click.echo(f"\nFor [emr] of the deployment file:\n{upload(out, *target, say)}")
    except AbuseError as why:
        click.echo(f"bundle: {why}", err=True)
        sys.exit(why.exit_code)


if __name__ == "__main__":
    main()
