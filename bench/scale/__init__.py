"""The measurement of a full database: a seeded generator of rows, and every use case timed and explained on them.

`make scale` runs it; bench/README.md describes its output.
"""
