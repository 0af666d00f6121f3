"""Personalization over HTTP: the merchant's orders page (`admin`) and the shopper's studio (`storefront`)."""
