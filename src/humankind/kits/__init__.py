"""Workbenches that two systems or more share."""
