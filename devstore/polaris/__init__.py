"""A replacement for Shopify's Polaris web components, similar in look, attributes, slots and events.

No code or artwork is Shopify's. Sizes and colours are facts of its admin. The parts of the script are joined in the
order of their file names, so that the app loads one classic script, as it does from Shopify's CDN.
"""

from pathlib import Path

PARTS = sorted(Path(__file__).parent.glob("*.js"))


def script() -> str:
    """The whole script, to be loaded by a script element."""
    return "(() => {\n" + "\n".join(part.read_text("utf-8") for part in PARTS) + "\n})();\n"
