"""Scorers of clusters, their judge, and the stored model that scores at run time. No Spark in here."""
