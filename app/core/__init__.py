"""What everything stands on: the App, ports, errors, settings, logs, ids, time.

Imports nothing else of the project.
"""
