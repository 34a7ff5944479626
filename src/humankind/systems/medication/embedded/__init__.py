"""Data that ships inside the package, each folder with its own licence notice."""
