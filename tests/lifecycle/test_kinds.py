"""Every kind of generation that the app has is tested in this folder."""

from __future__ import annotations

from handlers.jobs import KINDS
from tests.lifecycle.kinds import ASKED, OF_THE_TESTS, kinds_of_the_app


def test_every_kind_of_the_app_says_how_it_is_asked_for() -> None:
    """A kind that is missing here needs an Asking in tests/lifecycle/kinds.py."""
    assert {asking.kind.name for asking in ASKED} - OF_THE_TESTS == set(kinds_of_the_app())


def test_every_kind_is_a_job_of_the_capability_that_its_name_begins_with() -> None:
    assert set(kinds_of_the_app()) <= set(KINDS)
    for asking in ASKED:
        assert asking.capability.name == asking.kind.folder


def test_every_kind_of_shoppers_has_personal_data() -> None:
    for asking in ASKED:
        assert bool(asking.capability.personal_data) is not asking.by_merchants, asking.kind.name
        assert asking.by_merchants or asking.kind.folder == asking.personal_data.folder
