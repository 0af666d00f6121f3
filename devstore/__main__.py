"""`python -m devstore` serves the simulated shop."""

import os

import uvicorn

from devstore import Config, create_devstore


def main() -> None:
    config = Config.load(os.environ)
    print(f"Simulated Shopify: {config.url}", flush=True)
    uvicorn.run(create_devstore(config), host="127.0.0.1", port=config.port, log_level="warning")


main()
