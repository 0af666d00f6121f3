"""Implementations of the Vault port: with the `cryptography` package, and with the Web Crypto API."""
