"""People's side: the ledger of their verdicts, the queue, and the list as payout got it. No JVM."""
