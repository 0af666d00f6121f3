"""Implementations of the Database port: SQLite, Cloudflare D1 and PostgreSQL."""
