"""Benchmarks: the engine beside the reference, in one run."""
