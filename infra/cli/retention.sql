-- What `sightline retention` reads. Runs as sightline_embed.

-- name: parts
-- The stretches of days (UTC) that the embed service's partitions hold, and their bytes with indexes.
SELECT b.first_day, b.until_day, sum(b.bytes)::bigint AS bytes
  FROM (SELECT (bounds[1]::timestamptz AT TIME ZONE 'UTC')::date AS first_day,
               (bounds[2]::timestamptz AT TIME ZONE 'UTC')::date AS until_day, bytes
          FROM (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') AS bounds,
                       pg_total_relation_size(c.oid) AS bytes
                  FROM pg_inherits i
                  JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'
                  JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'
                 WHERE p.relnamespace = 'embed'::regnamespace) told
         WHERE bounds IS NOT NULL) b
 GROUP BY b.first_day, b.until_day
 ORDER BY b.first_day, b.until_day
