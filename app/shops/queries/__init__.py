"""All SQL of shops, a file a noun."""
