"""All SQL of privacy, a file a noun."""
