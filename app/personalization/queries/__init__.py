"""The SQL of personalization, one module for each subject."""
