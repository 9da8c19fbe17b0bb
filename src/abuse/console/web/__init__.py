"""What every answer goes through: headers, limits, logs, metrics, problems, and the one template environment."""
