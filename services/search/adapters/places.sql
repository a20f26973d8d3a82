-- Cameras, sites and zones, through the gateway's views.

-- name: cameras
SELECT id, name, site, time_zone
  FROM gateway.cameras_read
 WHERE tenant_id = %(tenant_id)s AND (%(camera_ids)s::uuid[] IS NULL OR id = ANY(%(camera_ids)s::uuid[]))
 ORDER BY name

-- name: zones
SELECT id, name, camera_id, points
  FROM gateway.zones_read
 WHERE tenant_id = %(tenant_id)s AND kind = 'zone'
   AND (%(camera_ids)s::uuid[] IS NULL OR camera_id = ANY(%(camera_ids)s::uuid[]))
 ORDER BY name, id

-- name: footage_span
SELECT min(started_at) AS first, max(ended_at) AS last
  FROM ingest.recordings_read
 WHERE tenant_id = %(tenant_id)s AND (%(camera_ids)s::uuid[] IS NULL OR camera_id = ANY(%(camera_ids)s::uuid[]))
