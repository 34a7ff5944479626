"""Stories about where things are and who knows it, with an oracle for nested belief."""
