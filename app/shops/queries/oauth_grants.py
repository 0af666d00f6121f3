"""All SQL on installations that a merchant has begun by the code grant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core.ports.database import Expect
from app.core.statements import built_once
from app.shops.tables import oauth_states


@built_once
def insert_state(shop_id: str, state_hash: str, expires_at: datetime, at: datetime) -> Any:
    return oauth_states.insert().values(
        state_hash=state_hash, shop_id=shop_id, expires_at=expires_at, created_at=at, updated_at=at
    )


@built_once
def drop_old_states(now: datetime) -> Any:
    return oauth_states.delete().where(oauth_states.c.expires_at <= now)


@built_once
def use_state(shop_id: str, state_hash: str, now: datetime) -> Expect:
    """Once: the second use, another shop's and a late one are refused with `state_unknown`."""
    return Expect(
        oauth_states.delete().where(
            oauth_states.c.state_hash == state_hash, oauth_states.c.shop_id == shop_id, oauth_states.c.expires_at > now
        ),
        "state_unknown",
    )
