"""Media: what may come in, told from its first bytes, before anything is decoded."""

from app.media.sniff import HEAD_BYTES, Header, check, sniff

__all__ = ["HEAD_BYTES", "Header", "check", "sniff"]
