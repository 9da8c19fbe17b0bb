"""Pictures as plain geometry, so that the same rows draw the same picture; templates and the browser only show it."""
