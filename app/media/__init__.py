"""Files: uploads that browsers send directly to storage, the files kept there, and which uploads are accepted.

An untrusted file is checked by its header first (`sniff`), regardless of its name and declared media type. Only the
Imaging port decodes it.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.core.sizes import MIN_SIDE
    from app.media.decoding import MOST_COST, decoding_cost
    from app.media.missing import missing_objects
    from app.media.model import EXTENSIONS, TICKET_LIFE, Asset, object_key
    from app.media.queries import asset, claim_upload, expire, is_unused
    from app.media.storage import ArrivedFile, File, Person, Stored, Stream, discard_attempt, store
    from app.media.uploads import (
        CONTENT_TYPES,
        MAX_UPLOAD_BYTES,
        Upload,
        UploadRequest,
        check_upload_request,
        open_upload,
        read_header,
        read_own_upload,
        read_upload,
        sweep_uploads,
    )
else:
    __getattr__ = facade(
        __name__,
        {
            "app.core.sizes": "MIN_SIDE",
            "app.media.decoding": "MOST_COST decoding_cost",
            "app.media.missing": "missing_objects",
            "app.media.model": "Asset EXTENSIONS TICKET_LIFE object_key",
            "app.media.queries": "asset claim_upload expire is_unused",
            "app.media.storage": "ArrivedFile File Person Stored Stream discard_attempt store",
            "app.media.uploads": (
                "CONTENT_TYPES MAX_UPLOAD_BYTES Upload UploadRequest check_upload_request open_upload "
                "read_header read_own_upload read_upload sweep_uploads"
            ),
        },
    )

__all__ = [
    "CONTENT_TYPES",
    "EXTENSIONS",
    "MAX_UPLOAD_BYTES",
    "MIN_SIDE",
    "MOST_COST",
    "TICKET_LIFE",
    "ArrivedFile",
    "Asset",
    "File",
    "Person",
    "Stored",
    "Stream",
    "Upload",
    "UploadRequest",
    "asset",
    "check_upload_request",
    "claim_upload",
    "decoding_cost",
    "discard_attempt",
    "expire",
    "is_unused",
    "missing_objects",
    "object_key",
    "open_upload",
    "read_header",
    "read_own_upload",
    "read_upload",
    "store",
    "sweep_uploads",
]
