"""Files: uploads that go straight to storage, what lies there, and what may come in.

A stranger's file is judged by its header first (`sniff`), whatever its name or its browser call it. Only the Imaging
port decodes it.
"""

from app.core.sizes import MIN_SIDE
from app.media.missing import missing_objects
from app.media.model import EXTENSIONS, Asset, new_asset, object_key
from app.media.queries import asset, insert_asset
from app.media.uploads import (
    CONTENT_TYPES,
    MAX_UPLOAD_BYTES,
    Upload,
    UploadWish,
    open_upload,
    read_header,
    read_upload,
    sweep_uploads,
)

__all__ = [
    "CONTENT_TYPES",
    "EXTENSIONS",
    "MAX_UPLOAD_BYTES",
    "MIN_SIDE",
    "Asset",
    "Upload",
    "UploadWish",
    "asset",
    "insert_asset",
    "missing_objects",
    "new_asset",
    "object_key",
    "open_upload",
    "read_header",
    "read_upload",
    "sweep_uploads",
]
