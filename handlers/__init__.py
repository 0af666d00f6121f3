"""Delivery: HTTP, queue, command line. A handler identifies, parses, calls and renders, and nothing more."""
