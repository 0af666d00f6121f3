"""Two capabilities of the tests' own: what every capability gets without writing it is tested on them.

Shoppers request sketches, and merchants request banners. Their tables are in no deployment, so they leave the metadata
that schema.sql is made of, until a test installs them.
"""

from app.core.tables import metadata
from tests.sketches import banners, capability

TABLES = (capability.sketches, banners.banners, banners.banner_outputs)
for table in TABLES:
    metadata.remove(table)
