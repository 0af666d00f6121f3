"""Reads the five seeds, the document about them and the schema, so that a test can compare the three."""
