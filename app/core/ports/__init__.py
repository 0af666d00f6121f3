"""Ports: the interfaces through which the app uses external services. Each port has at least two real adapters.

For each port, tests/contract has a test suite that all of its adapters must pass. Adapters raise app.core.errors and
never a vendor's exceptions.
"""
