"""Artify: an AI studio for goods made to order.

Five capabilities stand on a shared core; imports run downwards only. docs/ and
tests/test_architecture.py say and hold which layer may use which.
"""

__version__ = "0.1.0"
