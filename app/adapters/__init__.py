"""Implementations of the ports in app.core.ports. Code that depends on a vendor lives only here."""
