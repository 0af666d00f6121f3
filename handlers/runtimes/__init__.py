"""Entry points that run the handlers on each platform."""
