"""What every test has: a browser on demand, its turn on the machine, and the list of tests that were not run."""

pytest_plugins = ["tests.plugins.chromium", "tests.plugins.figures", "tests.plugins.not_run", "tests.plugins.spread"]
