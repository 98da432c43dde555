"""Lessons to files: segments, one timeline, snapshots, manifests with digests. Runs as its own process."""
