-- Statements of the search service. Row-level security by tenant stands under every one of them.

-- name: serving
SELECT kind, image_model, text_model FROM embed.spaces_read WHERE state = 'serving' AND image_model IS NOT NULL

-- name: tracks
-- Tracks with the crop that was nearest.
SELECT t.id, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.at, c.box, c.object_key
  FROM unnest(%(ids)s::uuid[], %(ranks)s::smallint[]) AS wanted (id, rank)
  JOIN ingest.tracks_read t ON t.tenant_id = %(tenant_id)s AND t.id = wanted.id
  JOIN ingest.crops_read c ON c.tenant_id = %(tenant_id)s AND c.track_id = wanted.id AND c.rank = wanted.rank

-- name: scenes
SELECT s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.id = ANY(%(ids)s::uuid[])
