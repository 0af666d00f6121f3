"""All SQL of the privacy package."""
