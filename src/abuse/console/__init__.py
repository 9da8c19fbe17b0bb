"""The review console and its REST API: what the current publication says, over HTTP on this machine.

read/   a publication -> a SQLite file, and what pages ask of it
draw/   pictures as plain geometry: the graph of a cluster, its timeline
web/    headers, logs, metrics, problems, templates
pages/  what people read        api/   what machines read
"""
