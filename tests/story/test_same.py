"""What differs from run to run is taken for the same; what a set-up decides is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.story.same import plain

ID, OTHER_ID = "01a1fda9-388c-7ce2-9fb1-41909b9a4000", "01a1fdb2-3c99-7f29-8640-842cd8468dc6"
SIGNATURE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": ID}, {"id": OTHER_ID}),
        (f"/orders/items/{ID}/retry", f"/orders/items/{OTHER_ID}/retry"),
        ("2026-11-21T10:31:28.270Z", "2026-01-01T00:00:00.000Z"),
        (f"http://127.0.0.1:80/media/a?e=1&s={SIGNATURE}", f"http://127.0.0.1:9/b/a?X-Amz-Signature={SIGNATURE}&x=1"),
        ("print_AAAAAAAAAAAA.jpg", "print_B-_BBBBBBBBB.jpg"),
        (1795258578549, 1795258597597),
    ],
)
def test_what_is_taken_for_the_same(one: Any, other: Any) -> None:
    assert plain(one) == plain(other) != one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": ID}, {"id": None}),
        ({"status": "done"}, {"status": "dead"}),
        ({"attempts": 1}, {"attempts": 2}),
        ([ID], [ID, OTHER_ID]),
        ("print_AAAAAAAAAAAA.jpg", "print_AAAAAAAAAAAA.png"),
        ({"running": 0}, {"running": "0"}),
    ],
)
def test_what_is_not(one: Any, other: Any) -> None:
    assert plain(one) != plain(other)
