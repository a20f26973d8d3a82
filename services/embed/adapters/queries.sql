-- Statements of the embed service.

-- name: crops
-- Every crop of the tracks, in an order that is always the same.
SELECT c.track_id, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.rank, c.object_key, c.quality
  FROM ingest.tracks_read t JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
 WHERE t.tenant_id = %(tenant_id)s AND t.recording_id = %(recording_id)s AND t.id = ANY(%(track_ids)s)
 ORDER BY c.track_id, c.rank

-- name: scenes
SELECT s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(recording_id)s AND s.id = ANY(%(scene_ids)s)
 ORDER BY s.id

-- name: bind_space
SELECT id, kind, dimension
  FROM embed.bind_space(%(name)s, %(kind)s, %(dimension)s, %(profile)s, %(image_model)s, %(text_model)s)

-- name: ensure_day
SELECT embed.ensure_day(%(day)s)

-- name: insert_semantic_384
-- All of a job's in one statement: the counts that come with them (embed.count_vectors) are then locked once, in order.
-- Where the space has thresholds, the code is made from the vector here; else embed.fill_codes does it later.
INSERT INTO embed.semantic_384
       (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector, code)
SELECT %(tenant_id)s, n.camera_id, n.recording_id, n.started_at, n.ended_at, n.item_kind, n.item_id, n.object_class, n.rank,
       %(space_id)s, n.vector, (binary_quantize(n.vector - c.low) || binary_quantize(n.vector - c.high))::bit(768)
  FROM unnest(%(camera_ids)s::uuid[], %(recording_ids)s::uuid[], %(started_at)s::timestamptz[], %(ended_at)s::timestamptz[],
              %(item_kinds)s::text[], %(item_ids)s::uuid[], %(object_classes)s::text[], %(ranks)s::smallint[],
              %(vectors)s::halfvec[])
       AS n (camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, vector)
  LEFT JOIN embed.codes c ON c.space_id = %(space_id)s
ON CONFLICT (item_id, rank, space_id, started_at, camera_id) DO NOTHING

-- name: insert_appearance_256
INSERT INTO embed.appearance_256
       (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector, code)
SELECT %(tenant_id)s, n.camera_id, n.recording_id, n.started_at, n.ended_at, n.item_kind, n.item_id, n.object_class, n.rank,
       %(space_id)s, n.vector, (binary_quantize(n.vector - c.low) || binary_quantize(n.vector - c.high))::bit(512)
  FROM unnest(%(camera_ids)s::uuid[], %(recording_ids)s::uuid[], %(started_at)s::timestamptz[], %(ended_at)s::timestamptz[],
              %(item_kinds)s::text[], %(item_ids)s::uuid[], %(object_classes)s::text[], %(ranks)s::smallint[],
              %(vectors)s::halfvec[])
       AS n (camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, vector)
  LEFT JOIN embed.codes c ON c.space_id = %(space_id)s
ON CONFLICT (item_id, rank, space_id, started_at, camera_id) DO NOTHING

-- name: insert_semantic_768
INSERT INTO embed.semantic_768
       (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector, code)
SELECT %(tenant_id)s, n.camera_id, n.recording_id, n.started_at, n.ended_at, n.item_kind, n.item_id, n.object_class, n.rank,
       %(space_id)s, n.vector, (binary_quantize(n.vector - c.low) || binary_quantize(n.vector - c.high))::bit(1536)
  FROM unnest(%(camera_ids)s::uuid[], %(recording_ids)s::uuid[], %(started_at)s::timestamptz[], %(ended_at)s::timestamptz[],
              %(item_kinds)s::text[], %(item_ids)s::uuid[], %(object_classes)s::text[], %(ranks)s::smallint[],
              %(vectors)s::halfvec[])
       AS n (camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, vector)
  LEFT JOIN embed.codes c ON c.space_id = %(space_id)s
ON CONFLICT (item_id, rank, space_id, started_at, camera_id) DO NOTHING

-- name: missing_crops
-- The recording's crops that have no vector in a space, in the order of `crops`.
SELECT c.track_id, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.rank, c.object_key, c.quality
  FROM ingest.tracks_read t JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
 WHERE t.tenant_id = %(tenant_id)s AND t.recording_id = %(recording_id)s
   AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                    WHERE v.tenant_id = %(tenant_id)s AND v.space_id = %(space_id)s AND v.item_id = t.id AND v.rank = c.rank
                      AND v.started_at = t.started_at)
 ORDER BY c.track_id, c.rank

-- name: missing_scenes
SELECT s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(recording_id)s
   AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                    WHERE v.tenant_id = %(tenant_id)s AND v.space_id = %(space_id)s AND v.item_id = s.id AND v.rank = 0
                      AND v.started_at = s.at)
 ORDER BY s.id

-- name: bindings
-- The spaces in use, the serving one of a kind before the incoming one.
SELECT kind, state, profile, image_model, text_model FROM embed.spaces
 WHERE state IN ('serving', 'incoming') AND image_model IS NOT NULL
 ORDER BY kind, state = 'incoming'

-- name: wanted_space
SELECT id, kind, state, profile, image_model, text_model FROM embed.spaces
 WHERE name = %(name)s AND state IN ('serving', 'incoming') AND image_model IS NOT NULL

-- name: spaces_in_use
SELECT id, name, kind FROM embed.spaces WHERE state IN ('serving', 'incoming')

-- name: named_space
SELECT id, kind, state FROM embed.spaces WHERE name = %(name)s

-- name: hold_spaces
SELECT embed.hold_spaces()

-- name: lock_spaces
SELECT embed.lock_spaces()

-- name: settle_switch
SELECT embed.settle_switch(%(space_id)s, %(job_id)s) AS state

-- name: fresh_waits
SELECT embed.fresh_waits() AS waits

-- name: layout
SELECT id FROM embed.attribute_layouts WHERE weights = %(weights)s AND layout = %(layout)s

-- name: insert_layout
-- Asked for only where it was missing: a conflict uses up an id, and there are 32,767.
INSERT INTO embed.attribute_layouts (weights, layout) VALUES (%(weights)s, %(layout)s) ON CONFLICT DO NOTHING

-- name: insert_attributes
INSERT INTO embed.attributes
       (tenant_id, camera_id, recording_id, started_at, ended_at, track_id, object_class, layout_id, crops, probabilities)
VALUES (%(tenant_id)s, %(camera_id)s, %(recording_id)s, %(started_at)s, %(ended_at)s, %(track_id)s, %(object_class)s,
        %(layout_id)s, %(crops)s, %(probabilities)s::smallint[])
ON CONFLICT (track_id, started_at, camera_id) DO NOTHING
