"""asyncpg's errors, and which of ours they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from app.core.errors import ConstraintError, Unavailable

COLLISIONS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
LOST = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)
UNAVAILABLE = (
    OSError,  # TimeoutError and ConnectionError are kinds of it
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, or a statement that ran too long
    asyncpg.InsufficientResourcesError,  # too many connections, a full disk
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,  # a password that was changed
    asyncpg.InvalidCatalogNameError,
)


@contextmanager
def our_errors() -> Iterator[None]:
    """asyncpg's errors as ours: ConstraintError, or Unavailable when waiting may help."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as fault:
        raise _constraint(fault) from fault
    except UNAVAILABLE as fault:
        raise Unavailable("The database does not answer. Try again.", code="database_unavailable") from fault


def _constraint(fault: Any) -> ConstraintError:
    """A foreign key goes without its name, as it does on SQLite."""
    if isinstance(fault, asyncpg.ForeignKeyViolationError):
        return ConstraintError("foreign_key")
    return ConstraintError(fault.constraint_name or str(fault))
