"""What every test has: a browser on demand, its turn on the machine, and the list of tests that were not run.

The tables of every package are known, although only the code that needs them would load them.
"""

import app.schema  # noqa: F401  # fills the metadata

pytest_plugins = ["tests.plugins.chromium", "tests.plugins.figures", "tests.plugins.not_run", "tests.plugins.spread"]
