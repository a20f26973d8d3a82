"""Roles, schema and migrations of the one Postgres.

Owns: `migrations/NNNN_*.sql` (forward only), `schema.sql` (their sum, to read). Consumes: a superuser's DSN.
"""
