"""Artify: an AI studio for made-to-order products on Shopify.

Capabilities share a core, and imports run downwards only. tests/test_architecture.py checks which layer may
import which.
"""

__version__ = "0.1.0"
