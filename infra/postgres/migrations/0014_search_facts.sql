-- What a search knows before it chooses its way, by one call each: their plans are kept, and sums come instead of rows.

-- What was running at a time is found by the stretches of recordings; by cameras' recordings a whole day of them was read.
-- All that is asked of them lies in the index.
CREATE INDEX recordings_running ON ingest.recordings USING gist (tstzrange(started_at, ended_at, '[]'))
    INCLUDE (tenant_id, camera_id, started_at, ended_at);

-- The start of the earliest recording that was running at a time; NULL: none was.
CREATE FUNCTION ingest.earliest_running(moment timestamptz, cameras uuid[])
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT min(r.started_at)
              FROM ingest.recordings r
             WHERE r.tenant_id = public.current_tenant()
               AND tstzrange(r.started_at, r.ended_at, '[]') @> moment
               AND (cameras IS NULL OR r.camera_id = ANY(cameras)));
END $$;
REVOKE EXECUTE ON FUNCTION ingest.earliest_running FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.earliest_running TO sightline_search;

-- The counts of a day lie together: by their key they lie all days apart.
CREATE INDEX vector_counts_day ON embed.vector_counts (tenant_id, space_id, axis, day);

-- A tenant's vectors of one space a day (UTC), from a time until another: all of them, those of some kinds, those of some
-- cameras (0: none are named), those in the hours that lie within (NULL: the day lies within whole), those without a code;
-- with the part of the table that the day lies in and the vectors in its index, of all tenants, where it has one.
CREATE FUNCTION embed.counted_days(space smallint, parent text, kinds text[], cameras uuid[], from_time timestamptz, until_time timestamptz)
    RETURNS TABLE (day date, whole bigint, of_kinds bigint, of_cameras bigint, of_hours bigint, uncoded bigint, part date, indexed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    tenant CONSTANT uuid := public.current_tenant();
    begins CONSTANT timestamp := from_time AT TIME ZONE 'UTC';
    -- The last moment that is looked at.
    ends CONSTANT timestamp := until_time AT TIME ZONE 'UTC' - interval '1 microsecond';
    first_day CONSTANT date := coalesce(begins::date, '-infinity');
    last_day CONSTANT date := coalesce(ends::date, 'infinity');
    first_hour CONSTANT text := to_char(begins, 'HH24');
    last_hour CONSTANT text := to_char(ends, 'HH24');
    cut CONSTANT date[] := array_remove(ARRAY[CASE WHEN begins > first_day THEN first_day END,
                                              CASE WHEN ends + interval '1 microsecond' < last_day + 1 THEN last_day END], NULL);
BEGIN
    RETURN QUERY
    SELECT c.day,
           coalesce(sum(c.rows) FILTER (WHERE c.axis = 'class'), 0)::bigint,
           coalesce(sum(c.rows) FILTER (WHERE c.axis = 'class' AND c.key = ANY(kinds)), 0)::bigint,
           coalesce(sum(c.rows) FILTER (WHERE c.axis = 'camera'), 0)::bigint,
           sum(CASE WHEN (c.day = first_day AND c.key < first_hour) OR (c.day = last_day AND c.key > last_hour) THEN 0 ELSE c.rows END)
               FILTER (WHERE c.axis = 'hour')::bigint,
           coalesce(sum(c.rows) FILTER (WHERE c.axis = 'uncoded'), 0)::bigint,
           d.part, d.rows
      FROM (SELECT k.axis, k.key, k.day, k.rows FROM embed.vector_counts k
             WHERE k.tenant_id = tenant AND k.space_id = space AND k.axis IN ('class', 'uncoded')
               AND k.day BETWEEN first_day AND last_day
             UNION ALL
            SELECT k.axis, k.key, k.day, k.rows FROM embed.vector_counts k
             WHERE k.tenant_id = tenant AND k.space_id = space AND k.axis = 'camera'
               AND k.key = ANY(cameras::text[]) AND k.day BETWEEN first_day AND last_day
             UNION ALL
            SELECT k.axis, k.key, k.day, k.rows FROM embed.vector_counts k
             WHERE k.tenant_id = tenant AND k.space_id = space AND k.axis = 'hour' AND k.day = ANY(cut)) c
      LEFT JOIN embed.days d ON d.parent = counted_days.parent AND d.day = c.day AND d.sealed_at IS NOT NULL
     GROUP BY c.day, d.part, d.rows
    HAVING sum(c.rows) FILTER (WHERE c.axis = 'class') > 0
     ORDER BY c.day;
END $$;
REVOKE EXECUTE ON FUNCTION embed.counted_days FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.counted_days TO sightline_search;
