"""Puts the sketches into an app for a test: their table, and their record among the capabilities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import text as raw
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from app.adapters.database import postgres_schema
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.tables import metadata
from tests.apps import ON_POSTGRES
from tests.sketches.capability import CAPABILITY, sketches


@asynccontextmanager
async def installed(app: App) -> AsyncIterator[App]:
    """The app with the sketches; as long as this lasts, their table is known like every other."""
    metadata._add_table(sketches.name, None, sketches)
    try:
        await _create_table(app)
        yield replace(app, capabilities=(*CAPABILITIES, CAPABILITY))
    finally:
        metadata.remove(sketches)


async def _create_table(app: App) -> None:
    indexes = [CreateIndex(index) for index in sorted(sketches.indexes, key=lambda each: str(each.name))]
    ddl = [str(each.compile(dialect=sqlite.dialect())) for each in (CreateTable(sketches), *indexes)]
    if ON_POSTGRES:
        async with postgres_schema.open_connection(app.settings.database_url) as connection:
            await connection.execute(";\n".join(ddl))
    else:
        await app.db.batch(*[raw(each) for each in ddl])
