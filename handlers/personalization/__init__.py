"""Personalization over HTTP: the merchant's order pages (`admin`) and the shopper's studio (`storefront`)."""
