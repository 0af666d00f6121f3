"""The file storage port on a folder, Cloudflare R2 and S3."""
