"""Finds reward farms among a campaign's participants and publishes who is out, and why."""

from importlib.metadata import version

__version__ = version("campaign-abuse")
