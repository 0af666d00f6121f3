"""The plugins of every run: a browser, figures, tests not run, the end of what was started, turns on the machine."""

pytest_plugins = [
    "tests.plugins.chromium",
    "tests.plugins.figures",
    "tests.plugins.not_run",
    "tests.plugins.budgets",
    "tests.plugins.processes",
    "tests.plugins.spread",
    "tests.plugins.tls",
]
