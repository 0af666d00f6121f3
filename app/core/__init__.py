"""The foundation: the App, ports, errors, settings, logs, ids, time.

Imports no other package of the project.
"""
