-- Statements of the report service. It reads others through their views and writes its own schema.

-- name: tracks
-- Chosen tracks that can be shown: with their camera, their recording and their best crop.
SELECT t.id, t.camera_id, c.name AS camera_name, c.site, t.recording_id, r.filename, r.sha256, r.start_source::text,
       r.state::text, t.started_at, t.ended_at, t.object_class, t.path,
       k.object_key AS crop_key, k.at AS crop_at, k.width AS crop_width, k.height AS crop_height
  FROM ingest.tracks_read t
  JOIN ingest.recordings_read r ON r.tenant_id = t.tenant_id AND r.id = t.recording_id
  JOIN gateway.cameras_read c ON c.tenant_id = t.tenant_id AND c.id = t.camera_id
  LEFT JOIN ingest.crops_read k ON k.tenant_id = t.tenant_id AND k.track_id = t.id AND k.rank = 0
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(ids)s)

-- name: scenes
-- Chosen scenes that can be shown.
SELECT s.id, s.camera_id, c.name AS camera_name, c.site, s.recording_id, r.filename, r.sha256, r.start_source::text,
       r.state::text, s.at, s.object_key, s.width, s.height
  FROM ingest.scenes_read s
  JOIN ingest.recordings_read r ON r.tenant_id = s.tenant_id AND r.id = s.recording_id
  JOIN gateway.cameras_read c ON c.tenant_id = s.tenant_id AND c.id = s.camera_id
 WHERE s.tenant_id = %(tenant_id)s AND s.id = ANY(%(ids)s)

-- name: scene_beside
-- The whole frame of a recording that was kept nearest to a moment, inside a span.
SELECT s.object_key, s.at, s.width, s.height
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(recording_id)s AND s.at BETWEEN %(from)s AND %(until)s
 ORDER BY abs(extract(epoch FROM s.at - %(at)s)), s.at
 LIMIT 1

-- name: segments
SELECT object_key, sha256, started_at, ended_at
  FROM ingest.segments_read
 WHERE tenant_id = %(tenant_id)s AND recording_id = %(recording_id)s
 ORDER BY ordinal

-- name: insert_report
INSERT INTO report.reports (id, tenant_id, title, query, requested_by, object_key, sha256, size_bytes, pages)
VALUES (%(id)s, %(tenant_id)s, %(title)s, %(query)s, %(requested_by)s, %(object_key)s, %(sha256)s, %(size_bytes)s,
        %(pages)s)
ON CONFLICT (id) DO NOTHING

-- name: insert_clip
INSERT INTO report.clips (tenant_id, report_id, position, item_kind, item_id, camera_id, recording_id, started_at, ended_at,
                          object_key, sha256, size_bytes, original_sha256)
VALUES (%(tenant_id)s, %(report_id)s, %(position)s, %(item_kind)s, %(item_id)s, %(camera_id)s, %(recording_id)s,
        %(started_at)s, %(ended_at)s, %(object_key)s, %(sha256)s, %(size_bytes)s, %(original_sha256)s)
ON CONFLICT (report_id, position) DO NOTHING
