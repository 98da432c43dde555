"""The relay: negotiation and choices as pure functions, and whole calls through the real engine."""
