"""All SQL of personalization, a file a noun."""
