-- What bench.events reads. Runs as superuser: it looks at every schema.

-- name: event_delays
-- From when a segment's tracks were stored until its events and their alerts were.
SELECT extract(epoch FROM e.finished_at - s.finished_at)::double precision * 1000 AS ms
  FROM jobs.jobs e
  JOIN jobs.jobs s ON s.tenant_id = e.tenant_id AND s.contract = 'ingest.segment.v1' AND s.key = e.key
 WHERE e.tenant_id = %(tenant_id)s AND e.contract = 'search.events.v1' AND e.state = 'done'
 ORDER BY e.created_at

-- name: watch_delays
-- The same for the searches that are watched for, which wait for the vectors, and then for a worker; and how long they themselves took.
SELECT extract(epoch FROM w.finished_at - s.finished_at)::double precision * 1000 AS ms,
       extract(epoch FROM v.finished_at - s.finished_at)::double precision * 1000 AS vectors_ms,
       extract(epoch FROM w.started_at - w.created_at)::double precision * 1000 AS waited_ms,
       (w.result ->> 'seconds')::double precision * 1000 AS look_ms, (w.result ->> 'alerts')::integer AS alerts
  FROM jobs.jobs w
  JOIN jobs.jobs v ON v.tenant_id = w.tenant_id AND v.contract = 'embed.items.v1' AND v.id::text = w.key
  JOIN jobs.jobs s ON s.tenant_id = v.tenant_id AND s.contract = 'ingest.segment.v1'
                  AND s.key = regexp_replace(v.key, '/[0-9]+$', '')
 WHERE w.tenant_id = %(tenant_id)s AND w.contract = 'search.watch.v1' AND w.state = 'done'
 ORDER BY w.created_at

-- name: unfinished
SELECT count(*) AS jobs FROM jobs.jobs WHERE tenant_id = %(tenant_id)s AND state IN ('ready', 'running')

-- name: events
SELECT c.name AS camera, e.kind, e.started_at, e.direction, e.object_class
  FROM search.events e JOIN gateway.cameras c ON c.id = e.camera_id
 WHERE e.tenant_id = %(tenant_id)s AND e.superseded_at IS NULL
 ORDER BY e.started_at

-- name: twice
SELECT count(*) - count(DISTINCT (watch_id, item_kind, item_id)) AS alerts
  FROM search.alerts WHERE tenant_id = %(tenant_id)s
