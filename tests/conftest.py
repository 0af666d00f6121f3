"""The plugins of every run: bytecode, a browser, figures, skipped tests, the end of what was started, turns on the machine.

The tables of every package are known, although only the code that needs them would load them.
"""

import app.schema  # noqa: F401  # fills the metadata

pytest_plugins = [
    "tests.plugins.bytecode",
    "tests.plugins.chromium",
    "tests.plugins.figures",
    "tests.plugins.not_run",
    "tests.plugins.budgets",
    "tests.plugins.processes",
    "tests.plugins.spread",
    "tests.plugins.tls",
]
