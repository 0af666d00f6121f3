"""Every kind of generation of the app, found in its code, and how a test requests one of each."""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from app import shops
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.capability import Capability
from app.core.lazy import load
from app.generation import Kind
from app.jobs import JobKind
from app.personalization.previews import PREVIEWS
from app.privacy import PersonalData
from app.quotas import Lane
from handlers import jobs as runner
from tests.apps import SHOP, send_photo, stock
from tests.sketches import banners
from tests.sketches import capability as sketches

Bodies = tuple[dict[str, Any], dict[str, Any]]
ALL: tuple[Capability, ...] = (*CAPABILITIES, sketches.CAPABILITY, banners.CAPABILITY)
JOB_KINDS: Mapping[str, JobKind] = runner.KINDS | {
    kind.name: kind for kind in (*sketches.JOB_KINDS, *banners.JOB_KINDS)
}


@dataclass(frozen=True)
class Asking:
    """How a generation of a kind is requested.

    Shoppers post a body to `/proxy/{path}`, and merchants to `/{path}`; `bodies` returns two bodies which request
    different things. `limit` is the name of the limit that counts each request. `lists` says whether the kind has a
    list of one's own generations.
    """

    kind: Kind[Any]
    path: str
    limit: str
    bodies: Callable[[App], Awaitable[Bodies]]
    lists: bool = True

    @property
    def by_merchants(self) -> bool:
        return self.kind.lane is Lane.MERCHANT

    @property
    def capability(self) -> Capability:
        """The record whose name the kind's name begins with."""
        return next(each for each in ALL if each.name == self.kind.name.partition(".")[0])

    @property
    def personal_data(self) -> PersonalData:
        found: PersonalData = load(str(self.capability.personal_data))
        return found


async def _previews(app: App) -> Bodies:
    offer = await stock(app)
    wish = {"upload_id": await new_photo(app), "product_id": offer.shopify_product_id}
    first, second = ({"style_id": style.id} for style in offer.styles)
    return wish | first, wish | second


async def _sketches(app: App) -> Bodies:
    """Two sketches of one photo, and banners of one photo in the same way."""
    wish = {"upload_id": await new_photo(app), "wanted": 2}
    return wish | {"prompt": "a ring of planted words"}, wish | {"prompt": "a chain of planted words"}


async def new_photo(app: App) -> str:
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    return await send_photo(app, shop)


ASKED = [
    Asking(PREVIEWS, "previews", "preview", _previews, lists=False),
    Asking(sketches.SKETCHES, "sketches", "sketch", _sketches),
    Asking(banners.BANNERS, "banners", "banner", _sketches),
]
OF_THE_TESTS = {sketches.SKETCHES.name, banners.BANNERS.name}


@cache
def kinds_of_the_app() -> dict[str, Kind[Any]]:
    """Every Kind that a module of a registered package has, by its name."""
    modules = [
        import_module(found.name)
        for each in CAPABILITIES
        for found in pkgutil.walk_packages([f"app/{each.name}"], f"app.{each.name}.")
    ]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Kind)]
    return {kind.name: kind for kind in found}
