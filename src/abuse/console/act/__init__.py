"""What people do on pages: forms that write to the ledger by the same functions as the command line."""
