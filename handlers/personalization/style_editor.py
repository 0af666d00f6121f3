"""The editor of a style."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from app.personalization import StyleForm
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.http.uploads import UploadBody, ticket
from handlers.personalization.products import PICTURE_LIFE


@dataclass(frozen=True)
class StyleBody:
    name: str = ""
    prompt: str = ""
    seen: str = ""

    @property
    def form(self) -> StyleForm:
        return StyleForm(self.name, self.prompt, self.seen)


@dataclass(frozen=True)
class ExampleBody:
    upload_id: str


async def new_style(request: Request) -> Response:
    await auth.merchant(request)
    return _form(request, "style", StyleForm())


async def create(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, StyleBody)
    await limits.merchant(request, "starter", merchant.shop.id)
    created = await personalization.create_style(request.app.state.app, merchant.shop.id, body.form)
    return _form(request, "_style", created, message="Style added")


async def style(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    return _form(request, "style", await personalization.style_form(app, merchant.shop.id, style_id))


async def save(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, StyleBody)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    saved = await personalization.save_style(app, merchant.shop.id, style_id, body.form)
    return _form(request, "_style", saved, message="Style saved")


async def copy(request: Request) -> Response:
    merchant = await auth.merchant(request)
    await limits.merchant(request, "starter", merchant.shop.id)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    copied = await personalization.copy_style(app, merchant.shop.id, style_id)
    return _form(request, "_style", copied, message="This is the copy. It is not offered until you enable it.")


async def open_example(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, UploadBody)
    await limits.merchant(request, "picture_upload", merchant.shop.id)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    return ticket(await personalization.open_example(app, merchant.shop, style_id, body.to_request()))


async def set_example(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ExampleBody)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    take = partial(limits.merchant, request, "picture_pixels", merchant.shop.id)
    saved = await personalization.set_example(app, merchant.shop.id, style_id, body.upload_id, take)
    return _form(request, "_style", saved, message="Example picture saved")


def _form(request: Request, name: str, form: StyleForm, message: str = "") -> Response:
    app: App = request.app.state.app
    ends = app.clock.now() + PICTURE_LIFE
    return page(
        request,
        f"personalization/{name}.html",
        form=form,
        example_url=app.files.link(form.example_key, expires_at=ends) if form.example_key else None,
        placeholders=personalization.PLACEHOLDERS,
        longest=(personalization.LONGEST_NAME, personalization.LONGEST_PROMPT),
        message=message,
    )
