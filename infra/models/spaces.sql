-- Statements of infra.models.spaces, run as sightline_owner.

-- name: tenants
SELECT id FROM gateway.tenants ORDER BY id

-- name: serving
SELECT kind, name FROM embed.spaces WHERE state = 'serving' ORDER BY kind DESC

-- name: bind_space
SELECT id, kind, dimension
  FROM embed.bind_space(%(name)s, %(kind)s, %(dimension)s, %(profile)s, %(image_model)s, %(text_model)s)

-- name: begin_switch
SELECT embed.begin_switch(%(space_id)s)

-- name: ask_reembedding
SELECT embed.ask_reembedding(%(space_id)s, %(tenant_id)s, %(most_attempts)s) AS stills

-- name: all_asked
UPDATE embed.spaces SET asked_at = now() WHERE id = %(space_id)s AND state = 'incoming'

-- name: settle_switch
SELECT embed.settle_switch(%(space_id)s, NULL)

-- name: statuses
SELECT s.id, s.kind, s.name, s.dimension, s.profile, s.state, s.since, s.image_model, s.text_model,
       s.asked_at IS NOT NULL AS asked,
       j.jobs, j.done, j.running, j.dead, j.stills, j.stills_done, j.reason
  FROM embed.spaces s
 CROSS JOIN LATERAL (
       SELECT count(*) AS jobs,
              count(*) FILTER (WHERE state = 'done') AS done,
              count(*) FILTER (WHERE state = 'running') AS running,
              count(*) FILTER (WHERE state = 'dead') AS dead,
              coalesce(sum((payload->>'stills')::bigint), 0)::bigint AS stills,
              coalesce(sum(floor((payload->>'stills')::bigint * progress)), 0)::bigint AS stills_done,
              min(reason) FILTER (WHERE state = 'dead') AS reason
         FROM jobs.jobs WHERE contract = 'embed.reembed.v1' AND payload->>'space' = s.name) j
 ORDER BY s.kind DESC, array_position(ARRAY['serving', 'incoming', 'kept'], s.state), s.id DESC

-- name: vectors
SELECT space_id, sum(vectors)::bigint AS vectors
  FROM (SELECT space_id, count(*) AS vectors FROM embed.semantic_384 GROUP BY space_id
        UNION ALL SELECT space_id, count(*) FROM embed.semantic_768 GROUP BY space_id
        UNION ALL SELECT space_id, count(*) FROM embed.appearance_256 GROUP BY space_id) counted
 GROUP BY space_id

-- name: leaves
-- The partitions of every table of vectors.
SELECT c.relname
  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
 WHERE p.relnamespace = 'embed'::regnamespace
   AND p.relname IN ('semantic_384', 'semantic_768', 'appearance_256') AND p.relkind = 'p'
 ORDER BY c.relname

-- name: drop_kept
-- Of one partition, whose name is put in.
DELETE FROM {} v USING embed.spaces s
 WHERE v.space_id = s.id AND s.name = ANY(%(names)s) AND s.state = 'kept' AND s.since < now() - interval '1 minute'
