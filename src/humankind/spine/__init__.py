"""The furniture every system shares: errors, config, run folders, data sources, cards, report, stats."""
