"""What every test has: a browser on demand, and the list of tests that were not run, and why."""

pytest_plugins = ["tests.plugins.chromium", "tests.plugins.not_run"]
