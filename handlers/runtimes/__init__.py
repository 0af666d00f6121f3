"""How the handlers run on each platform."""
