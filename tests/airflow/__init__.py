"""The DAGs in Airflow's own environment, and a real scheduler with real Spark: `poe test-airflow [--full]`."""
