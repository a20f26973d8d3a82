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

-- name: kept
-- THE conditions that a vector `v` itself can tell; every way of finding the nearest stands on this one list (exact,
-- index, codes). Parameters: `filter_parameters` in postgres.py. `started_from` is at or before `in_view_from` (see
-- earliest_running), so that days before it are pruned and a track that was in view already is still found.
       v.tenant_id = %(tenant_id)s
   AND v.space_id = %(space_id)s
   AND (%(camera_ids)s::uuid[] IS NULL OR v.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND v.started_at >= coalesce(%(started_from)s::timestamptz, '-infinity')
   AND v.started_at < coalesce(%(until)s::timestamptz, 'infinity')
   AND v.ended_at >= coalesce(%(in_view_from)s::timestamptz, '-infinity')
   AND v.item_kind = ANY(%(kinds)s::text[])
   AND (%(classes)s::text[] IS NULL OR v.object_class = ANY(%(classes)s::text[]))
   AND (%(item_ids)s::uuid[] IS NULL OR v.item_id = ANY(%(item_ids)s::uuid[]))
   AND (%(excluded_ids)s::uuid[] IS NULL OR v.item_id <> ALL(%(excluded_ids)s::uuid[]))
   AND (%(without_camera_ids)s::uuid[] IS NULL OR v.camera_id <> ALL(%(without_camera_ids)s::uuid[]))
   AND (%(without_classes)s::text[] IS NULL OR v.object_class IS NULL OR v.object_class <> ALL(%(without_classes)s::text[]))
   AND v.ended_at - v.started_at >= coalesce(%(least_view)s::interval, '0')
   AND v.ended_at - v.started_at <= coalesce(%(most_view)s::interval, 'infinity')
   -- Each camera's clock has its own stretches; a camera without a place among them has none.
   AND (%(clock_cameras)s::uuid[] IS NULL
        OR (%(clocks)s::tstzmultirange[])[(%(clock_of)s::int[])[array_position(%(clock_cameras)s::uuid[], v.camera_id)]]
           && tstzrange(v.started_at, v.ended_at, '[]'))

-- name: fits
-- THE conditions that only the track of a row `n` can tell (item_id, camera_id, started_at, ended_at). They cost a
-- look-up a row, so they are asked row by row, nearest first, until enough passed: each is a subselect that yields one
-- value, which the planner cannot make a join over everything of.
       (NOT %(by_attributes)s OR (
            SELECT count(*) FILTER (WHERE w.wanted) = %(wanted)s AND count(*) FILTER (WHERE NOT w.wanted) = 0
              FROM embed.attributes_read a
              JOIN unnest(%(wish_layouts)s::text[], %(wish_places)s::int[], %(wish_least)s::int[], %(wish_wanted)s::bool[])
                   AS w (layout, place, least, wanted) ON w.layout = a.layout AND a.probabilities[w.place] >= w.least
             WHERE a.tenant_id = %(tenant_id)s AND a.track_id = n.item_id AND a.started_at = n.started_at))
   AND (NOT %(by_path)s OR coalesce((
            SELECT (%(zone_cameras)s::uuid[] IS NULL OR EXISTS (
                        SELECT FROM unnest(%(zone_cameras)s::uuid[], %(zone_shapes)s::text[]) AS z (camera_id, shape)
                         WHERE z.camera_id = t.camera_id AND search.path_is_in(t.path, z.shape::polygon)))
               AND (%(headings)s::float8[] IS NULL OR EXISTS (
                        SELECT FROM unnest(%(headings)s::float8[], %(heading_within)s::float8[]) AS h (degrees, within)
                         WHERE abs((search.path_heading(t.path, r.height::float8 / r.width) - h.degrees + 540)::numeric %% 360
                                   - 180) <= h.within))
               AND (%(least_speed)s::float8 IS NULL
                    OR search.path_speed(t.path, r.height::float8 / r.width) >= %(least_speed)s::float8)
               AND (%(most_speed)s::float8 IS NULL
                    OR search.path_speed(t.path, r.height::float8 / r.width) <= %(most_speed)s::float8)
               AND (%(least_size)s::float8 IS NULL OR search.path_size(t.path) >= %(least_size)s::float8)
              FROM ingest.tracks_read t JOIN ingest.recordings_read r ON r.id = t.recording_id
             WHERE t.tenant_id = %(tenant_id)s AND t.id = n.item_id), false))
   -- The most at one moment are there when one of them comes into view.
   AND (%(count)s::int <= 1 OR (
            SELECT max(m.present) >= %(count)s::int
              FROM (SELECT (SELECT count(*) FROM ingest.tracks_read b
                             WHERE b.tenant_id = %(tenant_id)s AND b.camera_id = n.camera_id
                               AND (%(classes)s::text[] IS NULL OR b.object_class = ANY(%(classes)s::text[]))
                               AND b.started_at BETWEEN a.moment - %(longest)s::interval AND a.moment
                               AND b.ended_at >= a.moment) AS present
                      FROM (SELECT greatest(o.started_at, n.started_at) AS moment
                              FROM ingest.tracks_read o
                             WHERE o.tenant_id = %(tenant_id)s AND o.camera_id = n.camera_id
                               AND (%(classes)s::text[] IS NULL OR o.object_class = ANY(%(classes)s::text[]))
                               AND o.started_at BETWEEN n.started_at - %(longest)s::interval AND n.ended_at
                               AND o.ended_at >= n.started_at) AS a) AS m))

-- name: nearest_semantic_384
-- Exact: the btrees narrow the rows, every one that is left is compared. The score is the picture's similarity,
-- weighted, and a term for the row's class; the last term is for rows without one. The rows come out in the order of the
-- inner statement: another ORDER BY would ask `fits` of all of them. `pool` is NULL where `fits` has something to ask.
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               %(picture_weight)s * (1 - (v.vector <=> %(vector)s::halfvec(384)))
               + (%(caption_terms)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                        array_length(%(caption_terms)s::float8[], 1))] AS score
          FROM embed.semantic_384_read v
         WHERE
         -- with: kept
         ORDER BY score DESC
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE
 -- with: fits
 LIMIT %(rows)s

-- name: nearest_semantic_768
-- The same for longer vectors.
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               %(picture_weight)s * (1 - (v.vector <=> %(vector)s::halfvec(768)))
               + (%(caption_terms)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                        array_length(%(caption_terms)s::float8[], 1))] AS score
          FROM embed.semantic_768_read v
         WHERE
         -- with: kept
         ORDER BY score DESC
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE
 -- with: fits
 LIMIT %(rows)s

-- name: nearest_appearance_256
-- The same in the space that tells objects apart.
SELECT n.item_kind, n.item_id, n.rank, n.object_class, 1 - n.distance AS score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               v.vector <=> %(vector)s::halfvec(256) AS distance
          FROM embed.appearance_256_read v
         WHERE
         -- with: kept
         ORDER BY v.vector <=> %(vector)s::halfvec(256)
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE
 -- with: fits
 LIMIT %(rows)s

-- name: attribute_layouts
SELECT DISTINCT layout FROM embed.attribute_layouts_read

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
