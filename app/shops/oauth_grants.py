"""The legacy authorization code grant: a merchant consents at Shopify and returns with a one-time code.

Shopify's managed installation does not need it: there, the ID token of the first visit is exchanged.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from app.core.app import App
from app.core.errors import Forbidden, Refused
from app.core.ids import new_token
from app.core.ports.shopify import Grant
from app.shops.installs import record_install
from app.shops.model import NEEDED_SCOPES, Proof
from app.shops.queries import oauth_grants

STATE_LIFE = timedelta(minutes=10)
CALLBACK = "/auth/callback"


async def begin_grant(app: App, shop_id: str) -> str:
    """Return the address at which the merchant consents."""
    state, now = new_token(), app.clock.now()
    await app.db.batch(
        oauth_grants.drop_old_states(now), oauth_grants.insert_state(shop_id, _hash(state), now + STATE_LIFE, now)
    )
    back = app.settings.app_url + CALLBACK
    return app.shopify_auth.consent_url(shop_id, scopes=NEEDED_SCOPES, state=state, back=back)


async def finish_grant(app: App, grant: Grant) -> str:
    """Install the shop and return the app's address in its admin.

    Raises Forbidden for an unknown or used state, Unauthorized for such a code, and Unavailable.
    """
    try:
        await app.db.batch(oauth_grants.use_state(grant.shop, _hash(grant.state), app.clock.now()))
    except Refused as refused:
        raise Forbidden(
            "This installation link is not valid or has expired. Start the installation again."
        ) from refused
    proof = Proof.now(app.clock.now(), grant.as_of)
    token = await app.shopify_auth.redeem(grant)
    await record_install(app, token, await app.shopify.shop_details(token), proof=proof)
    return app.shopify_auth.admin_url(grant.shop, f"apps/{app.settings.shopify_api_key}")


def _hash(state: str) -> str:
    """States are looked up by hash, so that the time of a look-up reveals nothing about a state."""
    return hashlib.sha256(state.encode()).hexdigest()
