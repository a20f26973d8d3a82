-- Statements of the search service. Row-level security by tenant stands under every one of them.

-- name: space
SELECT id FROM embed.spaces_read WHERE name = %(name)s

-- name: serving
SELECT kind, image_model, text_model FROM embed.spaces_read WHERE state = 'serving' AND image_model IS NOT NULL

-- name: earliest_running
-- The start of the earliest recording that was running at a time.
SELECT min(r.started_at) AS started_at
  FROM ingest.recordings_read r
 WHERE r.tenant_id = %(tenant_id)s
   AND (%(camera_ids)s::uuid[] IS NULL OR r.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND r.started_at BETWEEN %(at)s::timestamptz - %(longest)s::interval AND %(at)s::timestamptz
   AND r.ended_at >= %(at)s::timestamptz

-- name: nearest_semantic_384
-- Exact: the btrees narrow the rows, every one that is left is compared. `started_from` is at or before `in_view_from`
-- (see earliest_running), so that days before it are pruned and a track that was in view already is still found.
-- The score is the picture's similarity, weighted, and a term for the row's class; the last term is for rows without one.
SELECT v.item_kind, v.item_id, v.rank, v.object_class,
       %(picture_weight)s * (1 - (v.vector <=> %(vector)s::halfvec(384)))
       + (%(caption_terms)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                array_length(%(caption_terms)s::float8[], 1))] AS score
  FROM embed.semantic_384_read v
 WHERE v.tenant_id = %(tenant_id)s
   AND v.space_id = %(space_id)s
   AND (%(camera_ids)s::uuid[] IS NULL OR v.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND v.started_at >= coalesce(%(started_from)s::timestamptz, '-infinity')
   AND v.started_at < coalesce(%(until)s::timestamptz, 'infinity')
   AND v.ended_at >= coalesce(%(in_view_from)s::timestamptz, '-infinity')
   AND v.item_kind = ANY(%(kinds)s::text[])
   AND (%(classes)s::text[] IS NULL OR v.object_class = ANY(%(classes)s::text[]))
   AND (%(excluded_id)s::uuid IS NULL OR v.item_id <> %(excluded_id)s::uuid)
 ORDER BY score DESC
 LIMIT %(rows)s

-- name: nearest_semantic_768
-- The same for longer vectors.
SELECT v.item_kind, v.item_id, v.rank, v.object_class,
       %(picture_weight)s * (1 - (v.vector <=> %(vector)s::halfvec(768)))
       + (%(caption_terms)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                array_length(%(caption_terms)s::float8[], 1))] AS score
  FROM embed.semantic_768_read v
 WHERE v.tenant_id = %(tenant_id)s
   AND v.space_id = %(space_id)s
   AND (%(camera_ids)s::uuid[] IS NULL OR v.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND v.started_at >= coalesce(%(started_from)s::timestamptz, '-infinity')
   AND v.started_at < coalesce(%(until)s::timestamptz, 'infinity')
   AND v.ended_at >= coalesce(%(in_view_from)s::timestamptz, '-infinity')
   AND v.item_kind = ANY(%(kinds)s::text[])
   AND (%(classes)s::text[] IS NULL OR v.object_class = ANY(%(classes)s::text[]))
   AND (%(excluded_id)s::uuid IS NULL OR v.item_id <> %(excluded_id)s::uuid)
 ORDER BY score DESC
 LIMIT %(rows)s

-- name: nearest_appearance_256
-- The same in the space that tells objects apart.
SELECT v.item_kind, v.item_id, v.rank, v.object_class, 1 - (v.vector <=> %(vector)s::halfvec(256)) AS score
  FROM embed.appearance_256_read v
 WHERE v.tenant_id = %(tenant_id)s
   AND v.space_id = %(space_id)s
   AND (%(camera_ids)s::uuid[] IS NULL OR v.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND v.started_at >= coalesce(%(started_from)s::timestamptz, '-infinity')
   AND v.started_at < coalesce(%(until)s::timestamptz, 'infinity')
   AND v.ended_at >= coalesce(%(in_view_from)s::timestamptz, '-infinity')
   AND v.item_kind = ANY(%(kinds)s::text[])
   AND (%(classes)s::text[] IS NULL OR v.object_class = ANY(%(classes)s::text[]))
   AND (%(excluded_id)s::uuid IS NULL OR v.item_id <> %(excluded_id)s::uuid)
 ORDER BY v.vector <=> %(vector)s::halfvec(256)
 LIMIT %(rows)s

-- name: track
SELECT started_at, object_class FROM ingest.tracks_read WHERE tenant_id = %(tenant_id)s AND id = %(track_id)s

-- name: track_vectors
SELECT vector::text AS vector FROM embed.appearance_256_read
 WHERE tenant_id = %(tenant_id)s AND started_at = %(started_at)s AND item_id = %(track_id)s AND space_id = %(space_id)s
 ORDER BY rank

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
