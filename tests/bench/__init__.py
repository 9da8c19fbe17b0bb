"""Speed and memory, printed and never asserted: these machines are noisy."""
