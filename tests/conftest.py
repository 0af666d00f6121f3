"""The plugins of every run, for bytecode, a browser, figures, skipped tests, leftover processes and turns.

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
