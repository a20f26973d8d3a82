-- What ingest saw, through its views. `cameras` is the caller's restriction: NULL, or the ids that the key may see.

-- name: tracks
-- In the order of their start, after a cursor.
SELECT t.id, t.camera_id, t.recording_id, t.object_class, t.score, t.started_at, t.ended_at, t.detections,
       c.object_key AS thumbnail_key, m.time_zone
  FROM ingest.tracks_read t
  JOIN gateway.cameras m ON m.id = t.camera_id
  LEFT JOIN ingest.crops_read c ON c.track_id = t.id AND c.rank = 0
 WHERE t.tenant_id = %(tenant_id)s
   AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s))
   AND (%(camera_id)s::uuid IS NULL OR t.camera_id = %(camera_id)s)
   AND (%(recording_id)s::uuid IS NULL OR t.recording_id = %(recording_id)s)
   AND (%(object_class)s::text IS NULL OR t.object_class = %(object_class)s)
   AND (%(from)s::timestamptz IS NULL OR t.ended_at >= %(from)s)
   AND (%(until)s::timestamptz IS NULL OR t.started_at < %(until)s)
   AND (%(after_at)s::timestamptz IS NULL OR (t.started_at, t.id) > (%(after_at)s, %(after_id)s::uuid))
 ORDER BY t.started_at, t.id LIMIT %(limit)s

-- name: track
SELECT t.id, t.camera_id, t.recording_id, t.object_class, t.score, t.started_at, t.ended_at, t.detections, t.path,
       m.time_zone
  FROM ingest.tracks_read t
  JOIN gateway.cameras m ON m.id = t.camera_id
 WHERE t.tenant_id = %(tenant_id)s AND t.id = %(id)s
   AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s))

-- name: crops
SELECT rank, at, box, width, height, quality, object_key
  FROM ingest.crops_read WHERE tenant_id = %(tenant_id)s AND track_id = %(id)s ORDER BY rank

-- name: attributes
-- What the track's crops say of it; no row where nothing was asked.
SELECT layout, probabilities
  FROM embed.attributes_read
 WHERE tenant_id = %(tenant_id)s AND track_id = %(id)s AND started_at = %(started_at)s

-- name: crop_key
SELECT c.object_key
  FROM ingest.crops_read c
  JOIN ingest.tracks_read t ON t.id = c.track_id AND t.tenant_id = c.tenant_id
 WHERE c.tenant_id = %(tenant_id)s AND c.track_id = %(id)s AND c.rank = %(rank)s
   AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s))

-- name: scene_key
SELECT object_key
  FROM ingest.scenes_read
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))

-- name: segment_key
SELECT s.object_key
  FROM ingest.segments_read s
  JOIN ingest.recordings_read r ON r.id = s.recording_id AND r.tenant_id = s.tenant_id
 WHERE s.tenant_id = %(tenant_id)s AND s.id = %(id)s AND r.state <> 'failed'
   AND (%(cameras)s::uuid[] IS NULL OR r.camera_id = ANY(%(cameras)s))

-- name: hidden_item
-- The first of the items that the caller may not see, or that is not there; no row where all are.
SELECT i.kind, i.id
  FROM unnest(%(kinds)s::text[], %(ids)s::uuid[]) WITH ORDINALITY AS i (kind, id, position)
  LEFT JOIN ingest.tracks_read t ON i.kind = 'track' AND t.id = i.id AND t.tenant_id = %(tenant_id)s
  LEFT JOIN ingest.scenes_read s ON i.kind = 'scene' AND s.id = i.id AND s.tenant_id = %(tenant_id)s
 WHERE coalesce(t.camera_id, s.camera_id) IS NULL
    OR NOT (%(cameras)s::uuid[] IS NULL OR coalesce(t.camera_id, s.camera_id) = ANY(%(cameras)s))
 ORDER BY i.position LIMIT 1
