"""The plugins of every run: a browser, figures, tests not run, the end of what was started, turns on the machine.

The tables of every package are known, although only the code that needs them would load them.
"""

import app.schema  # noqa: F401  # fills the metadata

pytest_plugins = [
    "tests.plugins.chromium",
    "tests.plugins.figures",
    "tests.plugins.not_run",
    "tests.plugins.budgets",
    "tests.plugins.processes",
    "tests.plugins.spread",
    "tests.plugins.tls",
]
