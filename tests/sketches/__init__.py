"""A capability of the tests' own, which makes sketches: what every capability gets without writing it is tested on it.

Its table is in no deployment, so it leaves the metadata that schema.sql is made of, until a test installs it.
"""

from app.core.tables import metadata
from tests.sketches.capability import sketches

metadata.remove(sketches)
