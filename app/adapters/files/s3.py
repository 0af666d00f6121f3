"""The Files port on Amazon S3 or an S3-compatible storage.

Credentials come from the usual AWS environment variables. Links are presigned locally, without a request. A link
expires no later than the credentials that signed it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from app.adapters.files.multipart import PART_BYTES, in_parts
from app.core.errors import NotFound, Unavailable
from app.core.ports.files import MOST_STREAMED, FileInfo, StoredFile, UploadTicket
from app.core.signed_links import attachment

T = TypeVar("T")

CONNECT_S = 3
READ_S = 30
CHUNK_BYTES = 256 * 1024
GONE = {"404", "NoSuchKey"}
EMPTY = {"416", "InvalidRange"}
"""S3 rejects a range request for an empty object with these codes."""


class S3Files:
    """Files in S3. `endpoint` is the URL of an S3-compatible storage; the bucket is then part of the path, not the
    host name.
    """

    most_streamed = MOST_STREAMED

    def __init__(self, bucket: str, *, endpoint: str | None = None, region: str | None = None):
        self._bucket = bucket
        self._endpoint = endpoint
        self._region = region

    async def put(self, key: str, data: bytes, mime: str) -> None:
        await self._call("put_object", Key=key, Body=data, ContentType=mime)

    async def get(self, key: str, limit: int | None = None) -> bytes:
        first = {} if limit is None else {"Range": f"bytes=0-{limit - 1}"}
        return await asyncio.to_thread(_translate_errors, self._read, key, first)

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        parts = in_parts(chunks)
        first = await anext(parts, b"")
        if len(first) < PART_BYTES:
            await self.put(key, first, mime)
            return len(first)
        upload = await self._call("create_multipart_upload", Key=key, ContentType=mime)
        named = {"Key": key, "UploadId": upload["UploadId"]}
        try:
            return await self._send_parts(named, first, parts)
        except BaseException:
            await self._call("abort_multipart_upload", **named)
            raise

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        found = await self._call("get_object", Key=key)
        return FileInfo(found["ContentLength"], found["ContentType"]), _chunks(found["Body"])

    async def stat(self, key: str) -> FileInfo | None:
        try:
            head = await self._call("head_object", Key=key)
        except NotFound:
            return None
        return FileInfo(head["ContentLength"], head["ContentType"])

    async def delete(self, *keys: str) -> None:
        for key in keys:
            await self._call("delete_object", Key=key)

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        page = await self._call("list_objects_v2", Prefix=prefix, StartAfter=after, MaxKeys=limit)
        return [StoredFile(each["Key"], each["Size"], each["LastModified"]) for each in page.get("Contents", [])]

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        saved_as = {"ResponseContentDisposition": attachment(filename)} if filename else {}
        return self._presign("get_object", expires_at, Key=key, **saved_as)

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        """The content type and length are signed headers, so an upload with other values fails verification."""
        url = self._presign("put_object", expires_at, Key=key, ContentType=mime, ContentLength=size)
        return UploadTicket("PUT", url, {"Content-Type": mime}, expires_at)

    @cached_property
    def _client(self) -> Any:
        """Created on first use, since importing boto3 and creating a client take 0.2 s."""
        import boto3
        from botocore.config import Config

        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if self._endpoint else "virtual"},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"mode": "standard", "total_max_attempts": 3},
            request_checksum_calculation="when_required",  # else a browser would have to send a checksum header
            response_checksum_validation="when_required",
        )
        # Not boto3's default session, which is not thread-safe.
        session = boto3.session.Session(region_name=self._region)
        return session.client("s3", endpoint_url=self._endpoint, config=config)

    async def _call(self, operation: str, **arguments: Any) -> Any:
        def call() -> Any:
            return getattr(self._client, operation)(Bucket=self._bucket, **arguments)

        return await asyncio.to_thread(_translate_errors, call)

    async def _send_parts(self, named: dict[str, str], first: bytes, parts: AsyncIterator[bytes]) -> int:
        sent, size, part = list[dict[str, Any]](), 0, first
        while part:
            number = len(sent) + 1
            answer = await self._call("upload_part", **named, PartNumber=number, Body=part)
            sent.append({"PartNumber": number, "ETag": answer["ETag"]})
            size += len(part)
            part = await anext(parts, b"")
        await self._call("complete_multipart_upload", **named, MultipartUpload={"Parts": sent})
        return size

    def _read(self, key: str, first: dict[str, str]) -> bytes:
        from botocore.exceptions import ClientError

        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key, **first)["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] in EMPTY:
                return b""
            raise
        return body

    def _presign(self, operation: str, expires_at: datetime, **arguments: Any) -> str:
        """Presign a URL, using the real time as the storage does. A time in the past gives an expired URL."""
        seconds = max(0, math.floor((expires_at - datetime.now(UTC)).total_seconds()))
        wanted = {"Bucket": self._bucket, **arguments}
        url: str = _translate_errors(
            lambda: self._client.generate_presigned_url(operation, Params=wanted, ExpiresIn=seconds)
        )
        return url


async def _chunks(body: Any) -> AsyncIterator[bytes]:
    with closing(body):
        while chunk := await asyncio.to_thread(_translate_errors, body.read, CHUNK_BYTES):
            yield chunk


def _translate_errors(work: Callable[..., T], *arguments: Any) -> T:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return work(*arguments)
    except ClientError as fault:
        if fault.response["Error"]["Code"] in GONE:
            raise NotFound("This file no longer exists.", code="file_missing") from fault
        raise _unavailable() from fault
    except BotoCoreError as fault:
        raise _unavailable() from fault


def _unavailable() -> Unavailable:
    return Unavailable("The file storage does not answer.", code="files_unavailable")
