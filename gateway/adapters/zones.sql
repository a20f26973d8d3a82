-- Zones and lines. `cameras` is the caller's restriction: NULL, or the ids that the key may see.

-- name: insert
-- No row: the camera has a zone of that name.
INSERT INTO gateway.zones (tenant_id, camera_id, name, kind, points, width_metres)
VALUES (%(tenant_id)s, %(camera_id)s, %(name)s, %(kind)s, %(points)s, %(width_metres)s)
ON CONFLICT (camera_id, name) DO NOTHING
RETURNING id, camera_id, name, kind, points, width_metres, version, created_at, updated_at

-- name: get
SELECT id, camera_id, name, kind, points, width_metres, version, created_at, updated_at
  FROM gateway.zones
 WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s AND id = %(zone_id)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))

-- name: list
-- By name, after a cursor.
SELECT id, camera_id, name, kind, points, width_metres, version, created_at, updated_at
  FROM gateway.zones
 WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
   AND (%(after)s::text IS NULL OR name > %(after)s)
 ORDER BY name LIMIT %(limit)s

-- name: change
-- Nothing is changed where the version is another one by now.
UPDATE gateway.zones
   SET name = coalesce(%(name)s, name), points = coalesce(%(points)s, points),
       width_metres = CASE WHEN %(keep_width)s THEN width_metres ELSE %(width_metres)s END,
       version = version + 1, updated_at = now()
 WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s AND id = %(zone_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
RETURNING id, camera_id, name, kind, points, width_metres, version, created_at, updated_at

-- name: delete
DELETE FROM gateway.zones
 WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s AND id = %(zone_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
