-- Statements of the embed service.

-- name: crops
-- Every crop of the tracks, in an order that is always the same.
SELECT c.track_id, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.rank, c.object_key
  FROM ingest.tracks_read t JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
 WHERE t.tenant_id = %(tenant_id)s AND t.recording_id = %(recording_id)s AND t.id = ANY(%(track_ids)s)
 ORDER BY c.track_id, c.rank

-- name: scenes
SELECT s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(recording_id)s AND s.id = ANY(%(scene_ids)s)
 ORDER BY s.id

-- name: space
SELECT id, kind, dimension FROM embed.spaces WHERE name = %(name)s

-- name: insert_space
-- Asked for only where it was missing: a conflict uses up an id, and there are 32,767.
INSERT INTO embed.spaces (name, kind, dimension) VALUES (%(name)s, %(kind)s, %(dimension)s) ON CONFLICT (name) DO NOTHING

-- name: ensure_day
SELECT embed.ensure_day(%(day)s)

-- name: insert_semantic_384
INSERT INTO embed.semantic_384
       (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector)
VALUES (%(tenant_id)s, %(camera_id)s, %(recording_id)s, %(started_at)s, %(ended_at)s, %(item_kind)s, %(item_id)s,
        %(object_class)s, %(rank)s, %(space_id)s, %(vector)s::halfvec(384))
ON CONFLICT (item_id, rank, space_id, started_at) DO NOTHING

-- name: insert_appearance_256
INSERT INTO embed.appearance_256
       (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector)
VALUES (%(tenant_id)s, %(camera_id)s, %(recording_id)s, %(started_at)s, %(ended_at)s, %(item_kind)s, %(item_id)s,
        %(object_class)s, %(rank)s, %(space_id)s, %(vector)s::halfvec(256))
ON CONFLICT (item_id, rank, space_id, started_at) DO NOTHING
