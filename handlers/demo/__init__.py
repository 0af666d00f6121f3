"""The demo, which runs the app and a simulated shop on this machine."""
