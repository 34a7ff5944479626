"""What tests of this house, and of systems built on it, have in common; ships in the wheel."""
