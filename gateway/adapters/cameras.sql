-- Cameras. `cameras` is the caller's restriction: NULL, or the ids that the key may see.

-- name: insert
INSERT INTO gateway.cameras (tenant_id, name, site, time_zone, external_ids)
VALUES (%(tenant_id)s, %(name)s, %(site)s, %(time_zone)s, %(external_ids)s)
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING id, name, site, time_zone, external_ids, version, created_at, updated_at

-- name: get
SELECT id, name, site, time_zone, external_ids, version, created_at, updated_at
  FROM gateway.cameras
 WHERE tenant_id = %(tenant_id)s AND id = %(camera_id)s
   AND (%(cameras)s::uuid[] IS NULL OR id = ANY(%(cameras)s))

-- name: list
-- By name, after a cursor.
SELECT id, name, site, time_zone, external_ids, version, created_at, updated_at
  FROM gateway.cameras
 WHERE tenant_id = %(tenant_id)s
   AND (%(cameras)s::uuid[] IS NULL OR id = ANY(%(cameras)s))
   AND (%(name)s::text IS NULL OR name = %(name)s)
   AND (%(site)s::text IS NULL OR site = %(site)s)
   AND (%(after)s::text IS NULL OR name > %(after)s)
 ORDER BY name LIMIT %(limit)s

-- name: change
-- Nothing is changed where the version is another one by now.
UPDATE gateway.cameras
   SET name = coalesce(%(name)s, name), site = coalesce(%(site)s, site), time_zone = coalesce(%(time_zone)s, time_zone),
       external_ids = coalesce(%(external_ids)s, external_ids), version = version + 1, updated_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(camera_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR id = ANY(%(cameras)s))
RETURNING id, name, site, time_zone, external_ids, version, created_at, updated_at

-- name: found
-- Those of the ids that are the tenant's, with what hits show of them.
SELECT id, name, time_zone FROM gateway.cameras WHERE tenant_id = %(tenant_id)s AND id = ANY(%(ids)s)
