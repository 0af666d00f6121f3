"""The app's GraphQL operations fit the committed part of Shopify's schema."""

import graphql
import pytest

from devstore.admin_api import SDL, operations

OPERATIONS = operations()


def test_the_app_has_operations() -> None:
    assert OPERATIONS


@pytest.mark.parametrize("path", OPERATIONS)
def test_operation_is_valid_against_the_admin_schema(path: str) -> None:
    assert graphql.validate(graphql.build_schema(SDL.read_text()), OPERATIONS[path]) == []
