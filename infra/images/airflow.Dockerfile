# Airflow and the project, each in an environment of its own -> the image of the Airflow services in infra/compose.yaml.
# Two environments, because Airflow's Spark provider brings `pyspark-client`, whose files overwrite those of `pyspark`.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*

ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never

# Airflow, each package by its hash.
COPY airflow/requirements.lock /opt/airflow/requirements.lock
RUN uv venv /opt/airflow/venv \
    && uv pip install --python /opt/airflow/venv/bin/python --compile-bytecode \
        --require-hashes --requirement /opt/airflow/requirements.lock

# The project. The dependencies before the sources, so that a changed line of code does not install them again. There is
# no lock file: [tool.uv] constraint-dependencies pins every version.
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
COPY airflow/dags /opt/airflow/dags

# Airflow's `python` comes first. SPARK_HOME keeps spark-submit from asking it for Spark: it would find the client.
ENV AIRFLOW_HOME=/opt/airflow \
    SPARK_HOME=/opt/abuse/venv/lib/python3.11/site-packages/pyspark \
    PYSPARK_PYTHON=/opt/abuse/venv/bin/python \
    PATH=/opt/airflow/venv/bin:$PATH:/opt/abuse/venv/bin \
    PYTHONUNBUFFERED=1

# What the services write to. The folders lie in the image so that a new volume takes over their owner.
RUN useradd --uid 10001 --create-home airflow \
    && install --directory --owner airflow /opt/airflow /opt/airflow/logs /opt/airflow/auth /data/lake
USER 10001
WORKDIR /opt/airflow
CMD ["airflow", "version"]
