"""The gateway's outside: Postgres, the object store's links, the search query, the health of what it stands on."""
