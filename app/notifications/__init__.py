"""Mail to merchants: what needs their attention, at most once a day.

Whatever needs a merchant adds the statements of `expect_mail` to its batch. The mail is written when it is sent, from
what the packages' `notices` then say, so that it never reports what has been settled meanwhile.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.notifications.jobs import KINDS
    from app.notifications.mail import expect_mail
    from app.notifications.model import Notice, wants_mail
    from app.notifications.settings import set_mail
else:
    __getattr__ = facade(
        __name__,
        {
            "app.notifications.jobs": "KINDS",
            "app.notifications.mail": "expect_mail",
            "app.notifications.model": "Notice wants_mail",
            "app.notifications.settings": "set_mail",
        },
    )

__all__ = ["KINDS", "Notice", "expect_mail", "set_mail", "wants_mail"]
