"""What people read: one file per page, each a few queries and a template."""
