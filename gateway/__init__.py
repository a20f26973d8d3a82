"""The gateway: REST and OpenAPI for VMS vendors, mobile clients, operators and investigators.

Owns: tenants, API keys, cameras, uploads (schema `gateway`). Knows HTTP, people and keys; no video, and no SQL of
others but their `*_read` views.
Consumes: HTTP. Emits: the jobs `ingest.recording.v1` and `report.build.v1`, the query `search.query.v1`.

Rooms: `app` composes; `routes` are thin, one module a resource; `web` is what every route shares (problems,
authentication, idempotency, observation, documentation); `adapters` hold the SQL and the outside; `bodies` is what
crosses HTTP; `model` the rules.
"""
