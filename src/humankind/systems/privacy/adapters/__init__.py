"""The defence in other people's agents: one file a framework, each imported only by who uses it."""
