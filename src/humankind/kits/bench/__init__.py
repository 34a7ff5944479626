"""Questions with options: records, option orders, answer reading, asking, scoring."""
