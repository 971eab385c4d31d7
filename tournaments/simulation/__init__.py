"""Simulated listeners, for tests and benchmarks: what people answer when the truth is known."""
