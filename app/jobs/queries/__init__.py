"""All SQL on jobs, a file a noun."""
