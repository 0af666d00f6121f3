"""The demo: the app and a simulated shop on this machine."""
