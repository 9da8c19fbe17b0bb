# The project with its own Spark -> an image for the nodes of a cluster that brings none, and to run `poe bundle` in.
# Build it from the repository's root: docker build --file infra/images/spark.Dockerfile --tag campaign-abuse-spark .
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*

ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never

# The dependencies before the sources, so that a changed line of code does not install them again. There is no lock file:
# [tool.uv] constraint-dependencies pins every version.
WORKDIR /opt/abuse/project
ENV UV_PROJECT_ENVIRONMENT=/opt/abuse/venv
COPY pyproject.toml README.md LICENSE ./
RUN uv sync --no-dev --no-install-project --compile-bytecode
COPY src src
RUN uv sync --no-dev --no-editable --compile-bytecode

# Fetched and checked here, so that a night needs no package repository.
ENV ABUSE_CACHE=/opt/abuse/cache
RUN mkdir --parents /opt/abuse/bundle/jars \
    && jars="$(/opt/abuse/venv/bin/abuse jars)" \
    && ln --symbolic $(echo "$jars" | tr , ' ') /opt/abuse/bundle/jars
COPY jobs /opt/abuse/bundle/jobs

ENV SPARK_HOME=/opt/abuse/venv/lib/python3.11/site-packages/pyspark \
    PYSPARK_PYTHON=/opt/abuse/venv/bin/python \
    PATH=/opt/abuse/venv/bin:$PATH \
    SPARK_WORKER_DIR=/opt/abuse/work \
    PYTHONUNBUFFERED=1

# Spark looks its user up by name, so the number alone would not do.
RUN useradd --uid 10001 --create-home spark \
    && install --directory --owner spark /data/lake /opt/abuse/work
USER 10001
WORKDIR /opt/abuse/work
CMD ["abuse", "doctor"]
