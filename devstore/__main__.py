"""`python -m devstore`: serve the simulated Shopify."""

import os

import uvicorn

from devstore.config import Config
from devstore.server import create_devstore

port = int(os.environ.get("DEVSTORE_PORT", "8001"))
print(f"Simulated Shopify: http://127.0.0.1:{port}", flush=True)
uvicorn.run(create_devstore(Config.load(os.environ)), host="127.0.0.1", port=port, log_level="warning")
