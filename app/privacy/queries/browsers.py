"""Conditions on guest sessions by which items made as a guest are attributed to a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from app.privacy.model import Customer
from app.privacy.personal_data import Personal


@dataclass(frozen=True)
class Browsers:
    """SELECTs of the guest sessions from which a customer ordered, and of those from which others ordered."""

    by_them: Sequence[Any] = ()
    by_others: Sequence[Any] = ()

    @classmethod
    def of(cls, customer: Customer, personal: Personal) -> Browsers:
        """Return the browsers of a customer, according to all capabilities together."""
        by_them = [each.browsers_ordered_from(customer) for each in personal]
        by_others = [each.browsers_others_ordered_from(customer) for each in personal]
        return cls([each for each in by_them if each is not None], [each for each in by_others if each is not None])

    def theirs_alone(self, session: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that the customer, and no one else, ordered from a session."""
        return and_(_in_any(session, self.by_them), ~_is_any(session, self.by_others))

    def shared(self, session: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that the customer ordered from a session, and others did too."""
        return and_(_in_any(session, self.by_them), _is_any(session, self.by_others))


def _in_any(session: ColumnElement[Any], selects: Sequence[Any]) -> ColumnElement[bool]:
    return or_(false(), *[session.in_(each) for each in selects])


def _is_any(session: ColumnElement[Any], selects: Sequence[Any]) -> ColumnElement[bool]:
    """Return the same condition, asked for each session: other customers ordered from too many to list them."""
    return or_(false(), *[each.where(each.selected_columns[0] == session).exists() for each in selects])
