"""What every lane may ask for."""

from tests.stack import database_template, databases, servers

__all__ = ["database_template", "databases", "servers"]
