"""Plays a chapter on a set-up, and writes down what came of each step. A step that turns out otherwise raises Misfit.

A step is an object of a chapter; it `say`s what happens, and one of its other names is an act of VERBS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Text

from app.core.tables import metadata
from tests.data_model.use import Use
from tests.setups import SetUp
from tests.story import asking, same
from tests.story.book import Chapter, Step
from tests.story.photos import photo
from tests.story.words import filled, misfit


class Misfit(AssertionError):
    """A step came out otherwise than the chapter says."""


class Player:
    """`kept` is what steps of this chapter, and of those before it, have given names to.

    `transcript` is what every step came to, told for comparison; `secrets` are the tokens and signatures that were sent
    or answered. `use` looks at the database after every step.
    """

    def __init__(self, setup: SetUp, use: Use | None = None) -> None:
        self.setup = setup
        self._use = use
        self.kept: dict[str, Any] = {}
        self._kept_by: dict[str, dict[str, Any]] = {}
        self.transcript: list[tuple[str, Any]] = []
        self.secrets: set[str] = set()

    def play(self, chapter: Chapter) -> None:
        if chapter.after:
            self.kept = dict(self._kept_by[chapter.after])
        else:
            photos = {name: {"bytes": len(photo(name))} for name in ("photo", "text", "truncated")}
            self.kept = {"shop": chapter.shop, **photos}
            self.setup.open_shops(chapter.shop, *chapter.others)
        self._look({})
        self._play_steps(chapter)
        self._kept_by[chapter.name] = self.kept

    def _play_steps(self, chapter: Chapter) -> None:
        for number, written in enumerate(chapter.steps, 1):
            step = {"shop": chapter.shop, **filled(written, self.kept)}
            said = f"{chapter.name}, step {number}: {step['say']}"
            try:
                [verb] = step.keys() & VERBS.keys()
                outcome = VERBS[verb](self, step)
            except Misfit as fault:
                raise Misfit(f"{self.setup.name}: {said}: {fault}") from None
            self._look(step)
            self.transcript.append((said, outcome))
        self.transcript += [(f"{chapter.name}: {name}", rows) for name, rows in same.tables(self.setup)]

    def _look(self, step: Step) -> None:
        if self._use:
            self._use.look(self.setup, [(step["change"], name) for name in step.get("set", {})])

    def keep(self, step: Step, value: Any) -> None:
        if name := step.get("keep"):
            self.kept[name] = value

    def ask(self, step: Step) -> Any:
        """A request, or several of the same; the last one's answer is looked at."""
        for _ in range(step.get("times", 1)):
            answer = asking.ask(self.setup, step)
            self.secrets |= answer["secret"]
        _fits(step.get("gives", {}), answer)
        self.keep(step, answer.get("json") or answer.get("links"))
        return answer["told"]

    def buy(self, step: Step) -> None:
        """Lines, by the cart and the checkout of Shopify."""
        self.keep(step, self.setup.shopify.buy(*step["buy"], shop=step["shop"], **step["buyer"]))

    def merchant_of(self, step: Step) -> None:
        """install or uninstall the app, in Shopify."""
        getattr(self.setup.shopify, step["shopify"])(step["shop"])

    def marks(self, step: Step) -> Any:
        """What the app has put on an order in Shopify."""
        marks = self.setup.shopify.marks(step["marks"], step["shop"])
        _fits(step["are"], marks)
        return same.plain(marks)

    def gemini(self, step: Step) -> None:
        """How the image service answers its next calls."""
        assert self.setup.gemini.next == [], "what was ordered before has not been asked for"
        self.setup.gemini.next = list(step["gemini"])

    def asked(self, step: Step) -> None:
        """How often the image service has been asked since this was last looked at."""
        _fits(step["gemini_was_asked"], len(self.setup.gemini.asked))
        self.setup.gemini.asked.clear()

    def clock(self, step: Step) -> None:
        self.setup.move(timedelta(**step["clock"]))

    def cron(self, step: Step) -> None:
        self.setup.cron()

    def settle(self, step: Step) -> None:
        self.setup.settle()

    def change(self, step: Step) -> None:
        """Rows changed past the app."""
        table, changes = step["change"], ", ".join(_equal(step["change"], step["set"]))
        self.setup.execute(f'UPDATE "{table}" SET {changes} WHERE {_condition(table, step)}')

    def rows(self, step: Step) -> Any:
        expected: Sequence[Mapping[str, Any]] = step["are"]
        columns = ", ".join(expected[0]) if expected else "*"
        found = self.setup.rows(f'SELECT {columns} FROM "{step["rows"]}" WHERE {_condition(step["rows"], step)}')
        found.sort(key=lambda row: json.dumps(list(row.values())))  # databases order texts in ways of their own
        _fits(list(expected), found)
        self.keep(step, found)
        return same.plain(found)

    def storage(self, step: Step) -> None:
        """A shop is charged for the bytes that it has, and for no others."""
        shop = step["storage_of"]
        [charged] = self.setup.rows("SELECT current_storage_bytes AS bytes FROM quotas WHERE shop_id = ?", shop)
        files = self.setup.rows("SELECT bytes FROM assets WHERE shop_id = ? AND deleted_at IS NULL", shop)
        _fits(sum(file["bytes"] for file in files), charged["bytes"])

    def objects(self, step: Step) -> Any:
        """How many objects of the shop have a key with these words in it."""
        keys = [key for key in self.setup.objects() if key.startswith(f"{step['shop']}/")]
        counted = {words: sum(words in key for key in keys) for words in step["objects"]}
        _fits(step["objects"], counted)
        return {same.plain(words): count for words, count in counted.items()}


VERBS: Mapping[str, Callable[[Player, Step], Any]] = {
    "GET": Player.ask,
    "POST": Player.ask,
    "PUT": Player.ask,
    "webhook": Player.ask,
    "buy": Player.buy,
    "shopify": Player.merchant_of,
    "marks": Player.marks,
    "gemini": Player.gemini,
    "gemini_was_asked": Player.asked,
    "clock": Player.clock,
    "cron": Player.cron,
    "settle": Player.settle,
    "change": Player.change,
    "rows": Player.rows,
    "objects": Player.objects,
    "storage_of": Player.storage,
}


def _fits(expected: Any, actual: Any) -> None:
    if fault := misfit(expected, actual):
        raise Misfit(fault if len(str(actual)) > 3000 else f"{fault}; it was {actual}")


def _condition(table: str, step: Step) -> str:
    """What the step says, and that the rows are those of its shop."""
    own = {"shop_id": step["shop"]} if "shop_id" in metadata.tables[table].c else {}
    return " AND ".join(_equal(table, own | step["where"], "IS NOT DISTINCT FROM"))


def _equal(table: str, values: Mapping[str, Any], operator: str = "=") -> list[str]:
    columns = metadata.tables[table].c
    return [f'"{name}" {operator} {_literal(columns[name].type, value)}' for name, value in values.items()]


def _literal(kind: Any, value: Any) -> str:
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'" if isinstance(kind, Text) else str(value)
