"""Groups of commands too many for one file, and the options that all share. Heavy imports sit inside the commands."""
