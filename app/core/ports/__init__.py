"""The ports: what the app needs from outside, in the app's own terms. A port exists where two real adapters do.

Each has a battery of tests in tests/contract that every adapter passes. Adapters raise app.core.errors, never a
vendor's own exceptions.
"""
