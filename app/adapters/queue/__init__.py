"""The queue port in one process, on Cloudflare Queues and on SQS."""
