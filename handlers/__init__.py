"""The delivery layer: HTTP, queue and command line.

A handler identifies the caller, parses the input, calls a use case and renders the result. It does nothing else.
"""
