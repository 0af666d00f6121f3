"""Access to D1 through its worker binding. Values and rows cross between Python and JavaScript as JSON."""

from __future__ import annotations

import json
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from app.adapters.database.d1 import D1Fault, Outcome, Run, Statements


def run_on(binding: Any) -> Run:
    """Return a function that runs batches on a D1 binding.

    `binding` must be the JavaScript object itself, since the Python SDK's wrapper cannot send a batch.
    """

    async def run(statements: Statements) -> list[Outcome]:
        prepared = [binding.prepare(text).bind(*js.JSON.parse(json.dumps(list(values)))) for text, values in statements]
        try:
            answers = await binding.batch(to_js(prepared))
        except JsException as fault:
            raise D1Fault(fault.message) from None  # the traceback would contain the values
        return [_outcome(answer) for answer in json.loads(js.JSON.stringify(answers))]

    return run


def _outcome(answer: dict[str, Any]) -> Outcome:
    return Outcome([list(row.values()) for row in answer["results"]], answer["meta"]["changes"])
