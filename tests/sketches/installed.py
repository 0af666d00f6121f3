"""Puts the sketches and banners into an app for a test: their tables, and their records among the capabilities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import Table
from sqlalchemy import text as raw
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from app.adapters.database import postgres_schema
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.tables import metadata
from tests.apps import ON_POSTGRES
from tests.sketches import TABLES, banners, capability


@asynccontextmanager
async def installed(app: App) -> AsyncIterator[App]:
    """The app with the sketches and banners; as long as this lasts, their tables are known like every other."""
    for table in TABLES:
        metadata._add_table(table.name, None, table)
    try:
        await _create_tables(app)
        yield replace(app, capabilities=(*CAPABILITIES, capability.CAPABILITY, banners.CAPABILITY))
    finally:
        for table in TABLES:
            metadata.remove(table)


async def _create_tables(app: App) -> None:
    ddl = [str(each.compile(dialect=sqlite.dialect())) for table in TABLES for each in _statements(table)]
    if ON_POSTGRES:
        async with postgres_schema.open_connection(app.settings.database_url) as connection:
            await connection.execute(";\n".join(ddl))
    else:
        await app.db.batch(*[raw(each) for each in ddl])


def _statements(table: Table) -> list[CreateTable | CreateIndex]:
    indexes = [CreateIndex(index) for index in sorted(table.indexes, key=lambda each: str(each.name))]
    return [CreateTable(table), *indexes]
