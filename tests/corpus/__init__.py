"""Good photos that say more than they show: every format with every kind of metadata that it can carry.

Each file holds `planted.WORDS` somewhere beside its pixels. The writers are here, because no library writes them all.
"""
