"""Training of torch networks: checkpoints without pickle."""
