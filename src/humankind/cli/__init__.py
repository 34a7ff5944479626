"""The command line: thin; it reads cards, calls systems and shows runs."""
