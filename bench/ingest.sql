-- What bench.ingest reads from the services' own notes. Runs as superuser: it looks at every schema.

-- name: segment_figures
SELECT figure.key AS name, sum(figure.value::double precision) AS value
  FROM ingest.segments s CROSS JOIN jsonb_each_text(s.figures) AS figure
 WHERE s.tenant_id = %(tenant_id)s GROUP BY figure.key

-- name: embed_seconds
SELECT stage.key AS name, sum(stage.value::double precision) AS value
  FROM jobs.jobs j CROSS JOIN jsonb_each_text(j.result -> 'seconds') AS stage
 WHERE j.tenant_id = %(tenant_id)s AND j.contract = 'embed.items.v1' GROUP BY stage.key

-- name: job_seconds
SELECT contract, sum(extract(epoch FROM finished_at - started_at))::double precision AS seconds
  FROM jobs.jobs WHERE tenant_id = %(tenant_id)s AND state = 'done' GROUP BY contract ORDER BY contract

-- name: rows
SELECT 'tracks' AS name, count(*) AS rows, coalesce(sum(pg_column_size(t)), 0)::bigint AS bytes
  FROM ingest.tracks t WHERE t.tenant_id = %(tenant_id)s
UNION ALL
SELECT 'crops', count(*), coalesce(sum(pg_column_size(c)), 0)::bigint FROM ingest.crops c WHERE c.tenant_id = %(tenant_id)s
UNION ALL
SELECT 'scenes', count(*), coalesce(sum(pg_column_size(s)), 0)::bigint FROM ingest.scenes s WHERE s.tenant_id = %(tenant_id)s
UNION ALL
SELECT 'semantic', count(*), coalesce(sum(pg_column_size(v)), 0)::bigint
  FROM embed.semantic_384 v WHERE v.tenant_id = %(tenant_id)s
UNION ALL
SELECT 'appearance', count(*), coalesce(sum(pg_column_size(v)), 0)::bigint
  FROM embed.appearance_256 v WHERE v.tenant_id = %(tenant_id)s

-- name: relation_bytes
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('ingest', 'embed') AND c.relkind IN ('r', 'p')
