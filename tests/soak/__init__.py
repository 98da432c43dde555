"""Runs that take long: `make soak`. Not part of `make test`."""
