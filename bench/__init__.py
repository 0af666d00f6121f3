"""Benchmarks. Each compares the app with a peer or with a lower bound (floor) in the same run."""
