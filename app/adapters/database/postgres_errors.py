"""The mapping of asyncpg's errors to the app's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from app.core.errors import ConstraintError, Unavailable

COLLISIONS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
LOST = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)
UNAVAILABLE = (
    OSError,  # includes TimeoutError and ConnectionError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # a shutdown, or a statement timeout
    asyncpg.InsufficientResourcesError,  # too many connections, a full disk
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,  # for example, after a password change
    asyncpg.InvalidCatalogNameError,
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate asyncpg's errors: to ConstraintError, or to Unavailable when a later retry may succeed."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as fault:
        raise _constraint(fault) from fault
    except UNAVAILABLE as fault:
        raise Unavailable("The database does not answer. Try again.", code="database_unavailable") from fault


def _constraint(fault: Any) -> ConstraintError:
    """The name of a foreign key is dropped, because SQLite does not report it either."""
    if isinstance(fault, asyncpg.ForeignKeyViolationError):
        return ConstraintError("foreign_key")
    return ConstraintError(fault.constraint_name or str(fault))
