"""Builds an App from settings. Only this module and app.wiring_worker import adapters."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters import file_permissions
from app.adapters.compute import ThreadCompute
from app.adapters.database import sqlite_backup, sqlite_schema
from app.adapters.database.sqlite import SqliteDatabase
from app.adapters.database.sqlite_dialect import DIALECT
from app.adapters.files import folder
from app.adapters.files.folder import FolderFiles
from app.adapters.files.s3 import S3Files
from app.adapters.imaging.decoder import ENGINES
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.imaging.upscaler_span import Span
from app.adapters.imaging.vips import Vips
from app.adapters.mail.folder import FolderMailer
from app.adapters.mail.smtp import PORTS, SmtpMailer, SmtpServer
from app.adapters.models.gemini import GeminiImages
from app.adapters.models.local import LocalImages
from app.adapters.queue.embedded import EmbeddedQueue
from app.adapters.queue.sqs import SqsQueue
from app.adapters.shopify import Admin, Auth
from app.adapters.vault.cryptography import CryptographyVault
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.capability import load_tables
from app.core.log import Log
from app.core.ports.clock import Clock
from app.core.ports.compute import Compute
from app.core.ports.connections import Closes
from app.core.ports.database import Database
from app.core.ports.files import Files
from app.core.ports.imaging import Imaging, Upscaler
from app.core.ports.mailer import Mailer
from app.core.ports.models import ImageModel
from app.core.ports.queue import Queue
from app.core.settings import Settings, SettingsError
from app.core.times import SystemClock


def build(settings: Settings, *, clock: Clock | None = None, log: Log | None = None) -> App:
    """Return the app for these settings. Adapters connect when they are first used. Raises SettingsError."""
    compute, log, clock = ThreadCompute(), log or Log(), clock or SystemClock()
    return App(
        settings=settings,
        capabilities=CAPABILITIES,
        db=_database(settings),
        files=_files(settings),
        queue=_queue(settings, log),
        image_model=_image_model(settings, compute),
        imaging=_imaging(compute),
        upscaler=_upscaler(),
        vault=CryptographyVault(settings.token_key, settings.old_token_key),
        mailer=_mailer(settings, compute, clock),
        shopify_auth=Auth(
            settings.shopify_api_key,
            settings.shopify_api_secret,
            settings.shopify_old_api_secret,
            base_url=settings.shopify_base_url,
            cdn_url=settings.shopify_cdn_url,
        ),
        shopify=Admin(settings.shopify_api_version, base_url=settings.shopify_base_url),
        compute=compute,
        clock=clock,
        log=log,
    )


async def close(app: App) -> None:
    """Close the app's database connections and stop the processes that decode photos."""
    for each in (app.db, app.imaging):
        if isinstance(each, Closes):
            await each.close()


def print_engine() -> tuple[Imaging, Upscaler]:
    """Return the engines that make print files, which need no settings, for the command line and the benchmarks."""
    return _imaging(ThreadCompute()), _upscaler()


def installed() -> dict[str, bool]:
    """Return which of the optional imaging extras are installed."""
    return {"local-ai": LocalImages.available(), "print": Vips.available(), "span": Span.available()}


def decoder_protections() -> str:
    """Return the restrictions on processes that decode untrusted photos, such as "resource limits, seccomp".

    The result is empty if photos are not decoded in separate processes.
    """
    return ImagingSubprocess.protections() if ImagingSubprocess.available() else ""


def sqlite_path(database_url: str) -> Path:
    """Return the path in a SQLite URL. Raises SettingsError.

    `sqlite:///var/artify.db` is relative, and `sqlite:////srv/artify.db` is absolute.
    """
    scheme, _, path = database_url.partition("///")
    if scheme != "sqlite:" or not path:
        # The message leaves out the URL, which may contain a password.
        raise SettingsError(["DATABASE_URL must look like sqlite:///var/artify.db or postgresql://host/database"])
    return Path(path)


def migrate(database_url: str) -> list[str]:
    """Apply pending migrations and return their names."""
    if _is_postgres(database_url):
        from app.adapters.database import postgres_schema

        return postgres_schema.migrate(database_url)
    return sqlite_schema.migrate(sqlite_path(database_url))


def schema() -> str:
    """Return the whole schema as SQL for SQLite."""
    from app.schema import ddl  # imported late, because it loads the tables of every capability

    return ddl(DIALECT)


def schema_differences(database_url: str) -> list[str]:
    """Return the differences between a database and the table metadata; empty if there are none."""
    if _is_postgres(database_url):
        from app.adapters.database import postgres, postgres_schema
        from app.schema import ddl

        return postgres_schema.differences(database_url, ddl(postgres.DIALECT))
    return sqlite_schema.differences(sqlite_path(database_url), schema())


def backup(database_url: str, target: Path) -> dict[str, int]:
    """Write a consistent snapshot of all rows to one new file; return the number of rows of each table."""
    load_tables(CAPABILITIES)
    if _is_postgres(database_url):
        from app.adapters.database import postgres_backup

        return postgres_backup.backup(database_url, target)
    return sqlite_backup.backup(sqlite_path(database_url), target)


def restore(source: Path, database_url: str, *, replace: bool) -> dict[str, int]:
    """Fill a migrated database from a backup in one transaction; return the number of rows of each table.

    Raises Conflict `not_empty` if the database has rows, unless `replace` is true.
    """
    load_tables(CAPABILITIES)
    if _is_postgres(database_url):
        from app.adapters.database import postgres_backup

        return postgres_backup.restore(source, database_url, replace=replace)
    return sqlite_backup.restore(source, sqlite_path(database_url), replace=replace)


def open_to_others(settings: Settings) -> list[Path]:
    """Return the database's files and the storage folder, as far as other users of this machine can read them."""
    database = [] if _is_postgres(settings.database_url) else _database_files(sqlite_path(settings.database_url))
    parts = urlsplit(settings.files_url)
    files = folder.open_to_others(Path(parts.path)) if parts.scheme == "file" else False
    return [path for path in database if file_permissions.is_open_to_others(path)] + (
        [Path(parts.path)] if files else []
    )


def _database_files(database: Path) -> list[Path]:
    return [database, *[database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]]


def _database(settings: Settings) -> Database:
    if _is_postgres(settings.database_url):
        from app.adapters.database.postgres import PostgresDatabase

        return PostgresDatabase(settings.database_url)
    return SqliteDatabase(sqlite_path(settings.database_url))


def _is_postgres(database_url: str) -> bool:
    """Return whether the URL is PostgreSQL's. Raises SettingsError if the extra for PostgreSQL is not installed.

    Its modules are imported only when needed, because they are slow to import.
    """
    if database_url.partition(":")[0] not in ("postgresql", "postgres"):
        return False
    if not find_spec("asyncpg"):
        raise SettingsError(["DATABASE_URL names PostgreSQL, which requires an extra: pip install 'artify[postgres]'"])
    return True


def _files(settings: Settings) -> Files:
    parts = urlsplit(settings.files_url)
    if parts.scheme == "s3" and parts.netloc and not parts.path.strip("/"):
        return S3Files(parts.netloc, **_aws_location(parts.query))
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FolderFiles(Path(parts.path), settings.app_url, settings.link_key)
    raise SettingsError([f"FILES_URL must look like file:var/files or s3://bucket, not {settings.files_url}"])


def _queue(settings: Settings, log: Log) -> Queue:
    parts = urlsplit(settings.queue_url)
    if parts.scheme == "sqs" and parts.netloc and parts.path.strip("/"):
        return SqsQueue(f"https://{parts.netloc}{parts.path}", log, **_aws_location(parts.query))
    if settings.queue_url == "embedded:":
        return EmbeddedQueue()
    raise SettingsError(
        [f"QUEUE_URL must be embedded: or an SQS queue's URL with sqs:// for https://, not {settings.queue_url}"]
    )


def _mailer(settings: Settings, compute: Compute, clock: Clock) -> Mailer | None:
    """Return the mailer, or None if no mail is sent. Raises SettingsError; its text omits the URL and its password."""
    if not settings.mail_url or not settings.mail_from:
        return None
    parts = urlsplit(settings.mail_url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FolderMailer(Path(parts.path), settings.mail_from, clock)
    if parts.scheme in PORTS and host and not parts.path.strip("/"):
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        server = SmtpServer(parts.scheme, host, port or PORTS[parts.scheme], user or None, password or None)
        return SmtpMailer(server, settings.mail_from, compute, clock)
    raise SettingsError(["MAIL_URL must look like smtp://user:password@host:587, smtps://… or file:var/mail"])


def _aws_location(query: str) -> dict[str, str]:
    """Return `endpoint` and `region` from a URL's query, as far as they are given.

    The defaults are AWS's own endpoint and the environment's region.
    """
    return {name: values[-1] for name, values in parse_qs(query).items() if name in ("endpoint", "region")}


def _image_model(settings: Settings, compute: Compute) -> ImageModel:
    if settings.ai_provider == "gemini":
        return GeminiImages(
            settings.gemini_api_key or "", settings.gemini_image_model, base_url=settings.gemini_base_url
        )
    return LocalImages(compute)


def _imaging(compute: Compute) -> Imaging:
    engine = "vips" if Vips.available() else "pillow"
    return ImagingSubprocess(engine, compute) if ImagingSubprocess.available() else ENGINES[engine](compute)


def _upscaler() -> Upscaler:
    return Span() if Span.available() else Resample()
