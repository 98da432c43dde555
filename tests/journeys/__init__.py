"""Whole lessons as their people live them, in real browsers against a real school."""
