"""The whole project under test; mirrors the source tree. `kit` holds what tests share."""
