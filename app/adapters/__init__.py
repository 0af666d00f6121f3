"""The only code that knows a vendor. Each module implements a port of app.core.ports."""
