"""The review console and its REST API: what the current publication says, over HTTP on this machine.

read/   a publication -> a SQLite file, and what pages ask of it
draw/   pictures as plain geometry: the graph of a cluster, its timeline
web/    headers, logs, metrics, problems, templates
who/    tokens, logins, proxies, and the door
pages/  what people read        act/   what they decide there
api/    what machines read and say
"""
