"""Shared test equipment: clocks, links, clients, servers started for a test."""
