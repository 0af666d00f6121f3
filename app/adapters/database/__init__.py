"""The database port on SQLite, Cloudflare D1 and PostgreSQL."""
