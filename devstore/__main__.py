"""`python -m devstore` serves the simulated shop."""

import os

import uvicorn

from devstore.config import Config
from devstore.server import create_devstore

config = Config.load(os.environ)
print(f"Simulated Shopify: {config.url}", flush=True)
port = int(os.environ.get("DEVSTORE_PORT", "8001"))
uvicorn.run(create_devstore(config), host="127.0.0.1", port=port, log_level="warning")
