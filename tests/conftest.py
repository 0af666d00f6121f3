"""What every test has: the list of tests that were not run, and why."""

pytest_plugins = ["tests.plugins.not_run"]
