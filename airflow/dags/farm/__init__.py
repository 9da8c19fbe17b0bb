"""What the farm DAGs share. Imports nothing of the project: Airflow lives in an environment of its own."""
