"""The merchant's settings page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app import notifications
from app.core.app import App
from handlers.http import auth, parse
from handlers.http.pages import page


@dataclass(frozen=True)
class MailBody:
    wanted: bool


async def settings(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    wanted = notifications.wants_mail(merchant.shop.settings)
    return page(request, "settings/settings.html", wanted=wanted, sends_mail=app.mailer is not None)


async def set_mail(request: Request) -> Response:
    """POST /settings/mail: switch email to the shop's address on or off."""
    merchant = await auth.merchant(request)
    body = await parse.body(request, MailBody)
    app: App = request.app.state.app
    wanted = await notifications.set_mail(app, merchant.shop, body.wanted)
    return page(request, "settings/_mail.html", wanted=wanted, sends_mail=app.mailer is not None)
