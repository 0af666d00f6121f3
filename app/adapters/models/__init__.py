"""Implementations of the ImageModel port: a local model and Google Gemini."""
