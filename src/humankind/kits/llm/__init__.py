"""Language models: the embedded one, local transformers folders, and how both are reached through Inspect."""
