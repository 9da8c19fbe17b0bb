"""A run -> its page: one HTML file with all that ops ask of a night, which runs nothing and loads nothing.

found.py   the run's tables, counted     parts.py, pictures.py   sections     page.py   the whole
kept.py    where it lies, and how it is made again
"""
