"""Source rows -> facts, quarantine and counts that add up to the row. One file per format."""
