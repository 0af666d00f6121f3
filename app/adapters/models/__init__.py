"""The model ports: local models and Gemini."""
