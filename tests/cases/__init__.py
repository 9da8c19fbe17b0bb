"""Campaigns as people have their files, through the real readers, checks and steps, without a lake on disk."""
