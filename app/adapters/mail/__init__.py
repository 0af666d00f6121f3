"""Implementations of the Mailer port: over SMTP, and into a folder."""
