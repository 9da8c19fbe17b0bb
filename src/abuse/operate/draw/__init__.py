"""Pictures of nights as plain geometry: the console and the night's page only show it."""
