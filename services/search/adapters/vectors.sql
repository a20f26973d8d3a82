-- The ways to the nearest vectors (services/search/model/routing.py chooses), and what is known for choosing. vectors.py puts
-- in what is in braces: a table's view, its types, and of conditions and scores no more than is asked for, since each search
-- is planned anew. Row-level security by tenant stands under all of it.

-- THE conditions that a vector `v` itself can tell; every way of finding the nearest stands on this one list (exact,
-- index, codes, tracks): `kept` always, each of the others where its parameter is there. Parameters:
-- `conditions.filter_parameters`.

-- name: kept
v.tenant_id = %(tenant_id)s AND v.space_id = %(space_id)s AND v.item_kind = ANY(%(kinds)s::text[])

-- name: kept.camera_ids
v.camera_id = ANY(%(camera_ids)s::uuid[])

-- name: kept.started_from
-- At or before `in_view_from` (see facts), so that days before it are pruned and a track that was in view already is found.
v.started_at >= %(started_from)s::timestamptz

-- name: kept.until
v.started_at < %(until)s::timestamptz

-- name: kept.in_view_from
v.ended_at >= %(in_view_from)s::timestamptz

-- name: kept.classes
v.object_class = ANY(%(classes)s::text[])

-- name: kept.item_ids
v.item_id = ANY(%(item_ids)s::uuid[])

-- name: kept.excluded_ids
v.item_id <> ALL(%(excluded_ids)s::uuid[])

-- name: kept.without_camera_ids
v.camera_id <> ALL(%(without_camera_ids)s::uuid[])

-- name: kept.without_classes
(v.object_class IS NULL OR v.object_class <> ALL(%(without_classes)s::text[]))

-- name: kept.least_view
v.ended_at - v.started_at >= %(least_view)s::interval

-- name: kept.most_view
v.ended_at - v.started_at <= %(most_view)s::interval

-- name: kept.clock_cameras
-- Each camera's clock has its own stretches; a camera without a place among them has none.
(%(clocks)s::tstzmultirange[])[(%(clock_of)s::int[])[array_position(%(clock_cameras)s::uuid[], v.camera_id)]]
           && tstzrange(v.started_at, v.ended_at, '[]')

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
   AND (%(left_cameras)s::uuid[] IS NULL OR NOT EXISTS (
            SELECT FROM ingest.tracks_read t
              JOIN unnest(%(left_cameras)s::uuid[], %(left_shapes)s::text[]) AS z (camera_id, shape)
                ON z.camera_id = t.camera_id
             WHERE t.tenant_id = %(tenant_id)s AND t.id = n.item_id AND search.path_is_in(t.path, z.shape::polygon)))
   -- The most at one moment are there when one of them comes into view.
   AND (%(count)s::int <= 1 OR (
            SELECT max(m.present) >= %(count)s::int
              FROM (SELECT (SELECT count(*) FROM ingest.tracks_read b
                             WHERE b.tenant_id = %(tenant_id)s AND b.camera_id = n.camera_id
                               AND (%(classes)s::text[] IS NULL OR b.object_class = ANY(%(classes)s::text[]))
                               AND (%(without_classes)s::text[] IS NULL OR b.object_class <> ALL(%(without_classes)s::text[]))
                               AND b.started_at BETWEEN a.moment - %(longest)s::interval AND a.moment
                               AND b.ended_at >= a.moment) AS present
                      FROM (SELECT greatest(o.started_at, n.started_at) AS moment
                              FROM ingest.tracks_read o
                             WHERE o.tenant_id = %(tenant_id)s AND o.camera_id = n.camera_id
                               AND (%(classes)s::text[] IS NULL OR o.object_class = ANY(%(classes)s::text[]))
                               AND (%(without_classes)s::text[] IS NULL OR o.object_class <> ALL(%(without_classes)s::text[]))
                               AND o.started_at BETWEEN n.started_at - %(longest)s::interval AND n.ended_at
                               AND o.ended_at >= n.started_at) AS a) AS m))

-- name: plain_score
-- The picture's similarity.
1 - (v.vector <=> %(vector)s::{vector})

-- name: captioned_score
-- The picture's similarity, weighted, and a term for the row's class; the last term is for rows without one.
%(picture_weight)s * (1 - (v.vector <=> %(vector)s::{vector}))
               + (%(caption_terms)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                        array_length(%(caption_terms)s::float8[], 1))]

-- name: plain_nearness
-- Of two codes: the bits that differ. A vector without a code comes first.
v.code <~> %(code)s::{code} NULLS FIRST

-- name: captioned_nearness
-- The same with a class's term put in bits.
coalesce((v.code <~> %(code)s::{code})
                       - (%(class_bits)s::float8[])[coalesce(array_position(%(caption_classes)s::text[], v.object_class),
                                                             array_length(%(class_bits)s::float8[], 1))], '-infinity')

-- name: by_exact
-- The btrees narrow the rows, every one that is left is compared. Ordered by a difference, which no index can give. The rows
-- come out in the order of the inner statement: another ORDER BY would ask `fits` of all of them. `pool` is NULL where
-- all may be asked.
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               {score} AS score
          FROM {view} v
         WHERE {kept}
         ORDER BY score DESC
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE {fits}
 LIMIT %(rows)s

-- name: by_index
-- Each day's index in turn, merged. The walks give rows a little out of order: the caller sorts.
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               1 - (v.vector <=> %(vector)s::{vector}) AS score
          FROM {view} v
         WHERE {kept}
         ORDER BY v.vector <=> %(vector)s::{vector}
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE {fits}

-- name: by_codes
-- The codes lie in the camera's index, so that this reads nothing else until the best are compared by their vectors. The
-- span is told for them again, so that they are looked up in the days that are searched alone.
WITH near AS MATERIALIZED (
    SELECT v.item_id, v.rank, v.camera_id, v.started_at
      FROM {view} v
     WHERE {kept}
     ORDER BY {nearness}
     LIMIT %(reach)s)
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               {score} AS score
          FROM near
          JOIN {view} v ON v.item_id = near.item_id AND v.rank = near.rank AND v.camera_id = near.camera_id
                         AND v.started_at = near.started_at
                         AND v.tenant_id = %(tenant_id)s AND v.space_id = %(space_id)s
                         AND v.started_at >= %(started_from)s::timestamptz AND v.started_at < %(until)s::timestamptz
         ORDER BY score DESC
         LIMIT %(pool)s::bigint OFFSET 0) AS n
 WHERE {fits}
 LIMIT %(rows)s

-- name: by_tracks
-- The tracks with rare values are looked up by their attributes' index, and their vectors by them.
WITH few AS MATERIALIZED (
    SELECT a.track_id, a.camera_id, a.started_at
      FROM embed.tracks_with(%(likely)s::integer[], %(started_from)s::timestamptz, %(until)s::timestamptz, NULL) AS a)
SELECT n.item_kind, n.item_id, n.rank, n.object_class, n.score
  FROM (SELECT v.item_kind, v.item_id, v.rank, v.object_class, v.camera_id, v.started_at, v.ended_at,
               {score} AS score
          FROM few
          JOIN {view} v ON v.item_id = few.track_id AND v.camera_id = few.camera_id AND v.started_at = few.started_at
         WHERE {kept}
         ORDER BY score DESC
         OFFSET 0) AS n
 WHERE {fits}
 LIMIT %(rows)s

-- name: few_tracks
-- How many tracks there are that may have one of the values, counted up to a limit.
SELECT count(*) AS tracks
  FROM embed.tracks_with(%(likely)s::integer[], %(started_from)s::timestamptz, %(until)s::timestamptz, %(most_tracks)s)

-- name: steer
-- What the planner may do in this transaction. Walking an index must not be traded for sorting, and what is joined is few
-- rows on one side, looked up on the other: the planner, which knows little of the conditions, would read whole days.
SELECT set_config('enable_seqscan', %(scans)s, true), set_config('enable_bitmapscan', %(bitmaps)s, true),
       set_config('enable_sort', %(scans)s, true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('random_page_cost', '1.1', true), set_config('hnsw.ef_search', %(reach)s, true),
       set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.max_scan_tuples', '40000', true),
       set_config('hnsw.scan_mem_multiplier', '8', true), set_config('max_parallel_workers_per_gather', '0', true)

-- name: facts
-- When the recordings began that were running at `at` (NULL: ever), and what is counted a day since then.
SELECT f.started_from, d.day, d.whole, d.of_kinds, d.of_cameras, d.of_hours, d.uncoded, d.part, d.indexed
  FROM (SELECT CASE WHEN %(at)s::timestamptz IS NOT NULL
                    THEN least(ingest.earliest_running(%(at)s::timestamptz, %(camera_ids)s::uuid[]), %(at)s::timestamptz)
               END AS started_from
        OFFSET 0) AS f
  LEFT JOIN LATERAL embed.counted_days(%(space_id)s::smallint, %(parent)s::text, %(kinds)s::text[], %(camera_ids)s::uuid[],
                                       f.started_from, %(until)s::timestamptz) AS d ON true

-- name: thresholds
SELECT low::text AS low, high::text AS high FROM embed.codes_read WHERE space_id = %(space_id)s

-- name: space
SELECT id FROM embed.spaces_read WHERE name = %(name)s

-- name: attribute_layouts
SELECT id, layout FROM embed.attribute_layouts_read

-- name: track
SELECT started_at, object_class FROM ingest.tracks_read WHERE tenant_id = %(tenant_id)s AND id = %(track_id)s

-- name: track_vectors
SELECT vector::text AS vector FROM embed.appearance_256_read
 WHERE tenant_id = %(tenant_id)s AND started_at = %(started_at)s AND item_id = %(track_id)s AND space_id = %(space_id)s
 ORDER BY rank
