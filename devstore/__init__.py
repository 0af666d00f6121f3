"""A simulated Shopify for laptops and tests, on its own origin.

It shares no code with the app: both sides speak HTTP, and each checks the other's signatures.
"""
