"""Implementations of the Queue port: in process, on Cloudflare Queues and on Amazon SQS."""
