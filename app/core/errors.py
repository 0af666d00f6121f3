"""Errors that reach a person: an HTTP status, a stable code, and a message that says what to do."""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """An error with an HTTP status, a code for programs and a message for people.

    `retryable` says whether the same work may succeed later. `field` is the name of the form's field that the message
    is about, if it is about one.
    """

    status = 500
    code = "internal"
    message = "Something went wrong on our side. Try again."
    retryable = False

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        status: int | None = None,
        field: str | None = None,
    ):
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.field = field
        super().__init__(f"{self.code}: {self.message}")


class BadRequest(AppError):
    status, code, message = 400, "bad_request", "This request is not valid."


class Unauthorized(AppError):
    status, code, message = 401, "unauthorized", "This request has no valid signature."


class Forbidden(AppError):
    status, code, message = 403, "forbidden", "This link is not valid or has expired."


class NotFound(AppError):
    status, code, message = 404, "not_found", "This page or item does not exist, or you do not have access to it."


class Conflict(AppError):
    status, code, message = (
        409,
        "conflict",
        "This changed in the meantime. Reload the page and try again.",
    )


class TooLarge(AppError):
    status, code, message = 413, "too_large", "This file is too large."


class UnsupportedMedia(AppError):
    status, code, message = (
        415,
        "unsupported_format",
        "This file type is not supported. Choose a JPEG, PNG, WebP, AVIF or HEIC photo.",
    )


class Unprocessable(AppError):
    status, code, message = 422, "unprocessable", "Some fields are not valid."


class TooMany(AppError):
    """A rate limit was reached. `retry_after` is in whole seconds."""

    status, code, message = 429, "too_many", "Too many requests. Wait a moment and try again."

    def __init__(self, message: str | None = None, *, code: str | None = None, retry_after: int = 60):
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(AppError):
    status, code, message = (
        503,
        "unavailable",
        "A service that Artify needs is unavailable. Try again in a few minutes.",
    )
    retryable = True


class BadPicture(Unprocessable):
    """A picture that cannot be used.

    `code` is the reason: unsupported_format, damaged, too_small, too_many_pixels, too_demanding. `size` is the
    picture's width and height in pixels, if they are the reason.
    """

    code, message = "damaged", "This photo could not be read. Try another photo."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        status: int | None = None,
        size: tuple[int, int] | None = None,
    ):
        super().__init__(message, code=code, status=status)
        self.size = size


class Refused(Exception):
    """A batch was rolled back because a statement did not touch the expected rows; `code` names the statement."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


class ConstraintError(Exception):
    """A batch was rolled back by a constraint; `name` is the constraint's name in the metadata."""

    def __init__(self, name: str):
        self.name = name
        super().__init__(name)


class AuthReply(Exception):
    """A complete response of Shopify's protocol, to be sent as it is."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str):
        self.status, self.headers, self.body = status, headers, body
        super().__init__(f"reply {status}")
