"""Implementations of the Files port: a local folder, Cloudflare R2 and S3."""
