"""Alembic's entry: runs the scripts on the connection that migrate.py hands over."""

from __future__ import annotations

from alembic import context

from server.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
context.run_migrations()
