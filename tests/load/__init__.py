"""Figures, not tests: what things cost on the machine at hand. `make bench` runs them and writes docs/performance.md."""
