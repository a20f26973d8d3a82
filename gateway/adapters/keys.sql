-- Who calls.

-- name: hurry
-- Authenticating notes when the key was last used: not worth waiting for the disk in every request.
SET LOCAL synchronous_commit = off

-- name: authenticate
SELECT key_id, tenant_id, name, scopes, camera_ids FROM gateway.authenticate(%(secret_hash)s)
