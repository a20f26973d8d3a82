-- The whole schema: the sum of migrations/*.sql, as pg_dump writes it. To read, never to run:
-- `python -m infra.postgres.dump` writes it anew; a test holds it equal.

CREATE SCHEMA embed;

CREATE SCHEMA gateway;

CREATE SCHEMA ingest;

CREATE SCHEMA jobs;

CREATE SCHEMA report;

CREATE SCHEMA search;

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;

CREATE TYPE gateway.upload_state AS ENUM (
    'open',
    'complete',
    'aborted'
);

CREATE TYPE ingest.recording_state AS ENUM (
    'processing',
    'ready',
    'failed'
);

CREATE TYPE ingest.segment_state AS ENUM (
    'pending',
    'done'
);

CREATE TYPE ingest.start_source AS ENUM (
    'given',
    'container'
);

CREATE TYPE jobs.state AS ENUM (
    'ready',
    'running',
    'done',
    'dead'
);

CREATE FUNCTION embed.ask_reembedding(space smallint, tenant uuid, most_attempts integer) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    wanted embed.spaces;
    asked bigint;
BEGIN
    PERFORM set_config('sightline.tenant', tenant::text, true);
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    WITH missing AS (
        SELECT t.recording_id, t.started_at
          FROM ingest.tracks_read t JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
         WHERE t.tenant_id = tenant
           AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                            WHERE v.tenant_id = tenant AND v.space_id = space AND v.item_id = t.id AND v.rank = c.rank
                              AND v.started_at = t.started_at)
        UNION ALL
        SELECT s.recording_id, s.at
          FROM ingest.scenes_read s
         WHERE s.tenant_id = tenant AND wanted.kind = 'semantic'
           AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                            WHERE v.tenant_id = tenant AND v.space_id = space AND v.item_id = s.id AND v.rank = 0
                              AND v.started_at = s.at)),
    recordings AS (
        SELECT m.recording_id, count(*) AS stills, max(m.started_at) AS latest FROM missing m GROUP BY m.recording_id),
    jobs AS (
        INSERT INTO jobs.jobs AS j (tenant_id, contract, queue, key, subject_id, payload, max_attempts)
        SELECT tenant, 'embed.reembed.v1', 'embed.bulk', wanted.name || '/' || r.recording_id, r.recording_id,
               jsonb_build_object('recording_id', r.recording_id, 'space', wanted.name, 'stills', r.stills), most_attempts
          FROM recordings r
         -- The latest footage first: it is what people look for.
         ORDER BY r.latest DESC
        ON CONFLICT (tenant_id, contract, key) DO UPDATE
           SET state = 'ready', attempts = 0, max_attempts = excluded.max_attempts, payload = excluded.payload,
               not_before = now(), published_at = NULL, progress = 0, result = NULL, reason = NULL, finished_at = NULL
         WHERE j.state IN ('done', 'dead'))
    SELECT coalesce(sum(r.stills), 0) INTO asked FROM recordings r;
    -- What was given up and has nothing to do any more (its recording was deleted, say) would block the switch: it looks
    -- once more, finds nothing and is done.
    UPDATE jobs.jobs j
       SET state = 'ready', attempts = 0, not_before = now(), published_at = NULL, progress = 0, finished_at = NULL
     WHERE j.tenant_id = tenant AND j.contract = 'embed.reembed.v1' AND j.payload->>'space' = wanted.name AND j.state = 'dead';
    RETURN asked;
END $$;

CREATE FUNCTION embed.begin_switch(space smallint) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    wanted embed.spaces;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    UPDATE embed.spaces s SET state = 'kept', since = now(), asked_at = NULL
     WHERE s.kind = wanted.kind AND s.state = 'incoming' AND s.id <> space;
    IF wanted.state <> 'serving' THEN
        UPDATE embed.spaces s
           SET state = 'incoming', asked_at = NULL, since = CASE s.state WHEN 'incoming' THEN s.since ELSE now() END
         WHERE s.id = space;
    END IF;
    RETURN CASE wanted.state WHEN 'serving' THEN 'serving' ELSE 'incoming' END;
END $$;

CREATE TABLE embed.spaces (
    id smallint NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    dimension integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    state text DEFAULT 'kept'::text NOT NULL,
    profile text DEFAULT ''::text NOT NULL,
    image_model text,
    text_model text,
    since timestamp with time zone DEFAULT now() NOT NULL,
    asked_at timestamp with time zone,
    CONSTRAINT spaces_state_check CHECK ((state = ANY (ARRAY['serving'::text, 'incoming'::text, 'kept'::text])))
);

CREATE FUNCTION embed.bind_space(space_name text, space_kind text, space_dimension integer, of_profile text, for_images text, for_texts text) RETURNS embed.spaces
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    bound embed.spaces;
    replaced text;
BEGIN
    SELECT * INTO bound FROM embed.spaces s
     WHERE s.name = space_name AND s.kind = space_kind AND s.dimension = space_dimension AND s.profile = of_profile
       AND s.image_model = for_images AND s.text_model IS NOT DISTINCT FROM for_texts
       AND EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving');
    IF FOUND THEN
        RETURN bound;
    END IF;
    PERFORM embed.lock_spaces();
    -- Only where it is missing: a conflict uses up an id, and there are 32,767.
    INSERT INTO embed.spaces (name, kind, dimension)
    SELECT space_name, space_kind, space_dimension WHERE NOT EXISTS (SELECT FROM embed.spaces WHERE name = space_name);
    SELECT * INTO bound FROM embed.spaces s WHERE s.name = space_name;
    IF (bound.kind, bound.dimension) <> (space_kind, space_dimension) THEN
        RETURN bound;
    END IF;
    SELECT s.state INTO replaced FROM embed.spaces s
     WHERE s.kind = space_kind AND s.image_model = for_images AND s.name <> space_name;
    UPDATE embed.spaces s
       SET image_model = NULL, text_model = NULL, state = 'kept', since = now(), asked_at = NULL
     WHERE s.kind = space_kind AND s.image_model = for_images AND s.name <> space_name;
    UPDATE embed.spaces s
       SET profile = of_profile, image_model = for_images, text_model = for_texts
     WHERE s.id = bound.id;
    UPDATE embed.spaces s
       SET state = CASE WHEN NOT EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving')
                        THEN 'serving' ELSE 'incoming' END,
           since = now(), asked_at = NULL
     WHERE s.id = bound.id
       AND (NOT EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving')
            OR (s.state = 'kept' AND replaced = 'incoming'));
    SELECT * INTO bound FROM embed.spaces s WHERE s.id = bound.id;
    RETURN bound;
END $$;

CREATE FUNCTION embed.build_graph(leaf text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON embed.%I USING hnsw (vector halfvec_cosine_ops)'
                   ' WITH (m = 16, ef_construction = 200)', leaf || '_hnsw', leaf);
END $$;

CREATE FUNCTION embed.calibrate_codes(space smallint, fewest integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
DECLARE
    wanted embed.spaces;
    stored bigint;
    sampled integer := 0;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    SELECT coalesce(sum(c.rows), 0) INTO stored FROM embed.vector_counts c WHERE c.space_id = space AND c.axis = 'class';
    IF stored < fewest OR EXISTS (SELECT FROM embed.codes c WHERE c.space_id = space) THEN
        RETURN 0;
    END IF;
    EXECUTE format($calibrate$
        WITH sample AS MATERIALIZED (
            SELECT v.vector::vector AS v FROM embed.%I v TABLESAMPLE BERNOULLI ($2) WHERE v.space_id = $1 LIMIT 20000),
        mean AS (SELECT avg(s.v) AS m, count(*)::integer AS sampled FROM sample s),
        spread AS (SELECT avg((s.v - mean.m) * (s.v - mean.m)) AS squared FROM sample s, mean),
        band AS (
            SELECT array_agg(0.43 * sqrt(u.squared) ORDER BY u.place)::real[]::vector AS width
              FROM spread, unnest(spread.squared::real[]) WITH ORDINALITY u (squared, place))
        INSERT INTO embed.codes (space_id, low, high, sampled)
        SELECT $1, (mean.m - band.width)::halfvec, (mean.m + band.width)::halfvec, mean.sampled FROM mean, band
         WHERE mean.sampled > 0
        RETURNING sampled $calibrate$, wanted.kind || '_' || wanted.dimension)
       INTO sampled USING space, least(100.0, 100.0 * 20000 / stored);
    RETURN coalesce(sampled, 0);
END $_$;

CREATE FUNCTION embed.copy_days(parent text, first_day date, until_day date, fewest bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    SET maintenance_work_mem TO '1500MB'
    SET max_parallel_maintenance_workers TO '0'
    AS $$
DECLARE
    copied text := copy_days.parent || '_' || to_char(first_day, 'YYYYMMDD') || '_copy';
    leaf text;
    columns text;
    stored bigint := 0;
    more bigint;
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS embed.%I', copied);
    EXECUTE format('CREATE TABLE embed.%I (LIKE embed.%I INCLUDING ALL)', copied, copy_days.parent);
    -- Told beforehand, so that nothing is to be checked while searches wait.
    EXECUTE format('ALTER TABLE embed.%I ADD CONSTRAINT span CHECK (started_at >= %L AND started_at < %L)', copied,
                   first_day::text || ' 00:00+00', until_day::text || ' 00:00+00');
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
      FROM pg_attribute a
     WHERE a.attrelid = format('embed.%I', copied)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    FOR leaf IN SELECT embed.leaf_of(d.parent, d.day) FROM embed.days d
                 WHERE d.parent = copy_days.parent AND d.day >= first_day AND d.day < until_day ORDER BY d.day LOOP
        EXECUTE format('INSERT INTO embed.%I (%s) SELECT %s FROM embed.%I ORDER BY started_at', copied, columns, columns, leaf);
        GET DIAGNOSTICS more = ROW_COUNT;
        stored := stored + more;
    END LOOP;
    IF copy_days.parent <> 'attributes' AND stored >= fewest THEN
        PERFORM embed.build_graph(copied);
    END IF;
    PERFORM embed.equip_leaf(copy_days.parent, copied);
    RETURN copied;
END $$;

CREATE FUNCTION embed.count_vectors() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    INSERT INTO embed.vector_counts AS c (tenant_id, space_id, axis, key, day, rows)
    SELECT cell.tenant_id, cell.space_id, a.axis, a.key, cell.day,
           sum(cell.rows) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END
      FROM (SELECT v.tenant_id, v.space_id, v.camera_id, coalesce(v.object_class, v.item_kind) AS class,
                   date_trunc('hour', v.started_at AT TIME ZONE 'UTC') AS hour,
                   (v.started_at AT TIME ZONE 'UTC')::date AS day, v.code IS NULL AS uncoded, count(*) AS rows
              FROM changed v
             GROUP BY 1, 2, 3, 4, 5, 6, 7) cell
     CROSS JOIN LATERAL (VALUES ('camera', cell.camera_id::text), ('class', cell.class), ('hour', to_char(cell.hour, 'HH24')),
                                (CASE WHEN cell.uncoded THEN 'uncoded' END, '')) a (axis, key)
     WHERE a.axis IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (tenant_id, space_id, axis, key, day) DO UPDATE SET rows = c.rows + excluded.rows;
    RETURN NULL;
END $$;

CREATE FUNCTION embed.counted_days(space smallint, parent text, kinds text[], cameras uuid[], from_time timestamp with time zone, until_time timestamp with time zone) RETURNS TABLE(day date, whole bigint, of_kinds bigint, of_cameras bigint, of_hours bigint, uncoded bigint, part date, indexed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

CREATE FUNCTION embed.days_before(limit_day date) RETURNS SETOF date
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT DISTINCT d.day
      FROM (SELECT d.day, count(*) OVER (PARTITION BY d.parent, d.part) AS shared FROM embed.days d) d
     WHERE d.day < limit_day
       AND (d.shared = 1 OR EXISTS (SELECT FROM embed.vector_counts c WHERE c.day = d.day AND c.axis = 'class' AND c.rows > 0))
     ORDER BY d.day
$$;

CREATE FUNCTION embed.drop_day(day date) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    SET lock_timeout TO '10s'
    AS $$
DECLARE
    vectors text;
    leaf text;
    own date;
    dropped bigint;
BEGIN
    SELECT coalesce(sum(c.rows), 0) INTO dropped FROM embed.vector_counts c WHERE c.day = drop_day.day AND c.axis = 'class';
    -- In the order in which vectors are stored.
    FOREACH vectors IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256', 'attributes'] LOOP
        leaf := embed.leaf_of(vectors, day);
        SELECT d.part INTO own FROM embed.days d WHERE d.parent = vectors AND d.day = drop_day.day;
        IF EXISTS (SELECT FROM embed.days d JOIN embed.vector_counts c ON c.day = d.day AND c.axis = 'class' AND c.rows > 0
                    WHERE d.parent = vectors AND d.part = own AND d.day <> drop_day.day) THEN
            EXECUTE format('DELETE FROM embed.%I WHERE started_at >= %L AND started_at < %L', leaf,
                           day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
        ELSE
            EXECUTE format('DROP TABLE IF EXISTS embed.%I', leaf);
            DELETE FROM embed.days d WHERE d.parent = vectors AND (d.part = own OR d.day = drop_day.day);
        END IF;
    END LOOP;
    DELETE FROM embed.vector_counts c WHERE c.day = drop_day.day;
    RETURN dropped;
END $$;

CREATE FUNCTION embed.ensure_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256', 'attributes'] LOOP
        CONTINUE WHEN to_regclass(format('embed.%I', embed.leaf_of(parent, day))) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
        -- Asked again: another may have put the day into a part, or made it (which the catalog's cache may not know yet).
        leaf := embed.leaf_of(parent, day);
        CONTINUE WHEN to_regclass(format('embed.%I', leaf)) IS NOT NULL;
        EXECUTE format('CREATE TABLE IF NOT EXISTS embed.%I PARTITION OF embed.%I FOR VALUES FROM (%L) TO (%L)',
                       leaf, parent, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
        PERFORM embed.equip_leaf(parent, leaf);
        INSERT INTO embed.days (parent, day, part) VALUES (parent, day, day) ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

CREATE FUNCTION embed.equip_leaf(parent text, leaf text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    EXECUTE format('GRANT MAINTAIN ON embed.%I TO sightline_embed', leaf);
    IF parent <> 'attributes' THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON embed.%I REFERENCING OLD TABLE AS changed'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', leaf);
    END IF;
END $$;

CREATE FUNCTION embed.fill_codes(parent text, day date) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
DECLARE
    wanted integer;
    made bigint;
BEGIN
    SELECT t.bits INTO STRICT wanted FROM embed.vector_tables() t WHERE t.parent = fill_codes.parent;
    EXECUTE format($fill$
        WITH filled AS (
            UPDATE embed.%I v
               SET code = (binary_quantize(v.vector - c.low) || binary_quantize(v.vector - c.high))::bit(%s)
              FROM embed.codes c
             WHERE c.space_id = v.space_id AND v.code IS NULL
               AND v.started_at >= ($1::text || ' 00:00+00')::timestamptz AND v.started_at < (($1 + 1)::text || ' 00:00+00')::timestamptz
            RETURNING v.tenant_id, v.space_id),
        counted AS (SELECT f.tenant_id, f.space_id, count(*) AS rows FROM filled f GROUP BY 1, 2 ORDER BY 1, 2),
        noted AS (
            UPDATE embed.vector_counts k SET rows = k.rows - c.rows FROM counted c
             WHERE k.tenant_id = c.tenant_id AND k.space_id = c.space_id AND k.axis = 'uncoded' AND k.key = '' AND k.day = $1)
        SELECT coalesce(sum(c.rows), 0) FROM counted c $fill$,
        embed.leaf_of(parent, day), wanted) INTO made USING day;
    RETURN made;
END $_$;

CREATE FUNCTION embed.fresh_waits() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT EXISTS (SELECT FROM jobs.jobs j WHERE j.state = 'ready' AND j.queue = 'embed' AND j.not_before <= now())
        OR EXISTS (SELECT FROM jobs.jobs j WHERE j.state = 'running' AND j.queue = 'embed' AND j.lease_until > now())
$$;

CREATE FUNCTION embed.hold_spaces() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT pg_advisory_xact_lock_shared(hashtextextended('embed.spaces', 0))
$$;

CREATE FUNCTION embed.index_day(parent text, day date, fewest bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    SET maintenance_work_mem TO '512MB'
    SET max_parallel_maintenance_workers TO '0'
    SET lock_timeout TO '10s'
    AS $$
DECLARE
    leaf text := embed.leaf_of(parent, day);
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', leaf) INTO stored;
    IF stored < fewest THEN
        RETURN false;
    END IF;
    PERFORM embed.build_graph(leaf);
    RETURN true;
END $$;

CREATE FUNCTION embed.leaf_of(parent text, day date) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT leaf_of.parent || '_' || to_char(coalesce(
               (SELECT d.part FROM embed.days d WHERE d.parent = leaf_of.parent AND d.day = leaf_of.day), leaf_of.day), 'YYYYMMDD')
$$;

CREATE FUNCTION embed.likely_values(layout_id smallint, probabilities smallint[]) RETURNS integer[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT array_agg(layout_id::integer * 256 + p.place::integer) FROM unnest(probabilities) WITH ORDINALITY p (value, place)
     WHERE p.value >= 3000
$$;

CREATE FUNCTION embed.lock_spaces() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('embed.spaces', 0))
$$;

CREATE FUNCTION embed.lock_whole(parent text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    SET lock_timeout TO '300ms'
    AS $$
BEGIN
    FOR attempt IN 1 .. 100 LOOP
        BEGIN
            EXECUTE format('LOCK TABLE embed.%I IN ACCESS EXCLUSIVE MODE', parent);
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.2);
        END;
    END LOOP;
    RAISE lock_not_available USING MESSAGE = format('embed.%s is never free: the days are put together later', parent);
END $$;

CREATE FUNCTION embed.mark_sealed(parent text, day date, seconds real) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', embed.leaf_of(mark_sealed.parent, mark_sealed.day)) INTO stored;
    UPDATE embed.days d SET sealed_at = now(), rows = stored, seconds = mark_sealed.seconds
     WHERE d.parent = mark_sealed.parent AND d.day = mark_sealed.day;
END $$;

CREATE FUNCTION embed.merge_days(parent text, first_day date, until_day date, seconds real) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    part text := merge_days.parent || '_' || to_char(first_day, 'YYYYMMDD');
    copied text := part || '_copy';
    leaf text;
    told text[];
    held numeric[] := ARRAY[0, 0];
    stored bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
    PERFORM embed.lock_whole(merge_days.parent);
    FOR leaf IN SELECT embed.leaf_of(d.parent, d.day) FROM embed.days d
                 WHERE d.parent = merge_days.parent AND d.day >= first_day AND d.day < until_day LOOP
        told := string_to_array(embed.rows_of(merge_days.parent, leaf), ' ');
        held := ARRAY[held[1] + told[1]::numeric, held[2] + told[2]::numeric];
    END LOOP;
    IF string_to_array(embed.rows_of(merge_days.parent, copied), ' ')::numeric[] <> held THEN
        EXECUTE format('DROP TABLE embed.%I', copied);
        RETURN false;
    END IF;
    stored := held[1];
    FOR leaf IN SELECT embed.leaf_of(d.parent, d.day) FROM embed.days d
                 WHERE d.parent = merge_days.parent AND d.day >= first_day AND d.day < until_day LOOP
        EXECUTE format('DROP TABLE embed.%I', leaf);
    END LOOP;
    EXECUTE format('ALTER TABLE embed.%I RENAME TO %I', copied, part);
    EXECUTE format('ALTER INDEX IF EXISTS embed.%I RENAME TO %I', copied || '_hnsw', part || '_hnsw');
    EXECUTE format('ALTER TABLE embed.%I ATTACH PARTITION embed.%I FOR VALUES FROM (%L) TO (%L)', merge_days.parent, part,
                   first_day::text || ' 00:00+00', until_day::text || ' 00:00+00');
    EXECUTE format('ALTER TABLE embed.%I DROP CONSTRAINT span', part);
    INSERT INTO embed.days AS d (parent, day, part, rows, sealed_at, seconds)
    SELECT merge_days.parent, first_day + number, first_day, stored,
           CASE WHEN merge_days.parent <> 'attributes' THEN now() END, merge_days.seconds
      FROM generate_series(0, until_day - first_day - 1) number
    ON CONFLICT ON CONSTRAINT days_pkey DO UPDATE SET part = excluded.part, rows = excluded.rows, sealed_at = excluded.sealed_at,
                                            seconds = excluded.seconds;
    RETURN true;
END $$;

CREATE FUNCTION embed.next_to_calibrate(fewest bigint) RETURNS smallint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT c.space_id FROM embed.vector_counts c
     WHERE c.axis = 'class' AND NOT EXISTS (SELECT FROM embed.codes k WHERE k.space_id = c.space_id)
     GROUP BY c.space_id HAVING sum(c.rows) >= fewest
     LIMIT 1
$$;

CREATE FUNCTION embed.next_to_code() RETURNS TABLE(parent text, day date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT s.kind || '_' || s.dimension, c.day
      FROM embed.vector_counts c JOIN embed.codes k ON k.space_id = c.space_id JOIN embed.spaces s ON s.id = c.space_id
     WHERE c.axis = 'uncoded' AND c.rows > 0
     ORDER BY c.day DESC
     LIMIT 1
$$;

CREATE FUNCTION embed.next_to_merge(over_before date, most bigint) RETURNS TABLE(parent text, first_day date, until_day date)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    known record;
    taken integer := 0;
    total bigint;
BEGIN
    -- An end that is no day closes the last row of days.
    FOR known IN
        SELECT d.parent, d.day, d.rows, date_trunc('month', d.day::timestamp) AS month,
               count(*) OVER (PARTITION BY d.parent, d.part) = 1 AND (d.sealed_at IS NOT NULL OR d.parent = 'attributes') AS ready
          FROM embed.days d
         WHERE date_trunc('month', d.day::timestamp) + interval '1 month' <= over_before
         UNION ALL SELECT NULL, NULL, 0, NULL, false
         ORDER BY 1 NULLS LAST, 2
    LOOP
        IF known.ready AND taken > 0 AND known.parent = next_to_merge.parent
           AND known.month = date_trunc('month', first_day::timestamp) AND total + known.rows <= most THEN
            taken := taken + 1;
            total := total + known.rows;
            until_day := known.day + 1;
            CONTINUE;
        END IF;
        EXIT WHEN taken > 1;
        taken := CASE WHEN known.ready THEN 1 ELSE 0 END;
        parent := known.parent;
        first_day := known.day;
        until_day := known.day + 1;
        total := known.rows;
    END LOOP;
    IF taken > 1 THEN
        RETURN NEXT;
    END IF;
END $$;

CREATE FUNCTION embed.next_to_seal(over_before date) RETURNS TABLE(parent text, day date, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT d.parent, d.day, coalesce(n.rows, 0)::bigint
      FROM embed.days d JOIN embed.vector_tables() t ON t.parent = d.parent
      LEFT JOIN (SELECT s.kind || '_' || s.dimension AS parent, c.day, sum(c.rows) AS rows
                   FROM embed.vector_counts c JOIN embed.spaces s ON s.id = c.space_id
                  WHERE c.axis = 'class' AND c.day < over_before
                  GROUP BY 1, 2) n ON n.parent = d.parent AND n.day = d.day
     WHERE d.day < over_before AND (d.sealed_at IS NULL OR n.rows > 2 * d.rows + 1000)
     ORDER BY d.day DESC, d.parent
     LIMIT 1
$$;

CREATE FUNCTION embed.rows_of(parent text, leaf text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || coalesce(sum(hash_record_extended(ROW(%s), 0)::numeric), 0) FROM embed.%I',
                   CASE parent WHEN 'attributes' THEN 'track_id, started_at' ELSE 'item_id, rank, space_id, started_at' END, leaf)
       INTO told;
    RETURN told;
END $$;

CREATE FUNCTION embed.settle_switch(space smallint, leaving uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    wanted embed.spaces;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    IF wanted.state <> 'incoming' OR wanted.asked_at IS NULL
       OR EXISTS (SELECT FROM jobs.jobs j
                   WHERE j.contract = 'embed.reembed.v1' AND j.payload->>'space' = wanted.name AND j.state <> 'done'
                     AND j.id IS DISTINCT FROM leaving)
    THEN
        RETURN wanted.state;
    END IF;
    UPDATE embed.spaces s SET state = 'kept', since = now() WHERE s.kind = wanted.kind AND s.state = 'serving';
    UPDATE embed.spaces s SET state = 'serving', since = now(), asked_at = NULL WHERE s.id = space;
    RETURN 'serving';
END $$;

CREATE FUNCTION embed.tracks_with(likely integer[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) RETURNS TABLE(track_id uuid, camera_id uuid, started_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT a.track_id, a.camera_id, a.started_at
      FROM embed.attributes a
     WHERE a.tenant_id = public.current_tenant() AND a.likely && tracks_with.likely
       AND a.started_at >= coalesce(from_time, '-infinity') AND a.started_at < coalesce(until_time, 'infinity')
     LIMIT most;
END $$;

CREATE FUNCTION embed.vector_tables() RETURNS TABLE(parent text, bits integer)
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog'
    AS $$
    VALUES ('semantic_384', 768), ('semantic_768', 1536), ('appearance_256', 512)
$$;

CREATE FUNCTION gateway.authenticate(presented bytea) RETURNS TABLE(key_id uuid, tenant_id uuid, name text, scopes text[], camera_ids uuid[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    UPDATE gateway.api_keys k SET last_used_at = now()
     WHERE k.secret_hash = presented AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    RETURNING k.id, k.tenant_id, k.name, k.scopes, k.camera_ids
$$;

CREATE FUNCTION ingest.earliest_running(moment timestamp with time zone, cameras uuid[]) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    RETURN (SELECT min(r.started_at)
              FROM ingest.recordings r
             WHERE r.tenant_id = public.current_tenant()
               AND tstzrange(r.started_at, r.ended_at, '[]') @> moment
               AND (cameras IS NULL OR r.camera_id = ANY(cameras)));
END $$;

CREATE FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) RETURNS TABLE(id uuid, tenant_id uuid, contract text, subject_id uuid, payload jsonb, attempts integer, max_attempts integer, exhausted boolean, lease_token uuid, trace text, waited_seconds double precision)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    UPDATE jobs.jobs j
       SET state = 'running', attempts = j.attempts + 1, lease_token = uuidv7(), lease_until = now() + lease,
           worker = claimant, started_at = now(), progress = 0
     WHERE j.id = job_id
       AND ((j.state = 'ready' AND j.not_before <= now()) OR (j.state = 'running' AND j.lease_until < now()))
    RETURNING j.id, j.tenant_id, j.contract, j.subject_id, j.payload, j.attempts, j.max_attempts,
              j.attempts > j.max_attempts, j.lease_token, j.trace,
              extract(epoch FROM now() - greatest(j.created_at, j.not_before))::double precision
$$;

CREATE FUNCTION jobs.counts() RETURNS TABLE(queue text, contract text, state jobs.state, jobs bigint, oldest_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT j.queue, j.contract, j.state, count(*),
           coalesce(extract(epoch FROM now() - min(j.not_before) FILTER (WHERE j.state = 'ready')), 0)::double precision
      FROM jobs.jobs j GROUP BY j.queue, j.contract, j.state
$$;

CREATE FUNCTION jobs.reconcile(quiet interval, batch integer) RETURNS TABLE(id uuid, contract text, queue text, trace text, reclaimed boolean)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    WITH expired AS (
        SELECT j.id FROM jobs.jobs j WHERE j.state = 'running' AND j.lease_until < now()
         LIMIT batch FOR UPDATE SKIP LOCKED),
    reclaimed AS (
        UPDATE jobs.jobs j
           SET state = 'ready', lease_token = NULL, lease_until = NULL, not_before = now(), published_at = now(),
               reason = format('the lease of worker %s ran out in attempt %s: it died or hung', j.worker, j.attempts)
          FROM expired WHERE j.id = expired.id
        RETURNING j.id, j.contract, j.queue, j.trace),
    waiting AS (
        SELECT j.id FROM jobs.jobs j
         WHERE j.state = 'ready' AND j.not_before <= now()
           AND (j.published_at IS NULL OR j.published_at < now() - quiet)
         ORDER BY j.not_before LIMIT batch FOR UPDATE SKIP LOCKED),
    announced AS (
        UPDATE jobs.jobs j SET published_at = now() FROM waiting WHERE j.id = waiting.id
        RETURNING j.id, j.contract, j.queue, j.trace)
    SELECT r.id, r.contract, r.queue, r.trace, true FROM reclaimed r
    UNION ALL
    SELECT a.id, a.contract, a.queue, a.trace, false FROM announced a
$$;

CREATE FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    WITH kept AS (
        UPDATE jobs.jobs SET lease_until = now() + lease, progress = greatest(progress, share)
         WHERE id = job_id AND lease_token = token AND state = 'running'
        RETURNING 1)
    SELECT EXISTS (SELECT FROM kept)
$$;

CREATE FUNCTION public.current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('sightline.tenant'::text, true), ''::text))::uuid;

CREATE PROCEDURE public.force_tenant(IN target regclass)
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_id = public.current_tenant()) '
                   'WITH CHECK (tenant_id = public.current_tenant())', target);
END $$;

CREATE FUNCTION search.forget_answers(older interval, batch integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    WITH old AS (
        SELECT a.id FROM search.answers a WHERE a.created_at < now() - older
         ORDER BY a.created_at LIMIT batch FOR UPDATE SKIP LOCKED),
    forgotten AS (
        DELETE FROM search.answers a USING old WHERE a.id = old.id RETURNING 1)
    SELECT count(*)::integer FROM forgotten
$$;

CREATE FUNCTION search.path_heading(path jsonb, aspect double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$
    WITH ends AS (
        SELECT ((path->-1->>1)::float8 + (path->-1->>3)::float8 - (path->0->>1)::float8 - (path->0->>3)::float8) / 2
                   AS across,
               aspect * ((path->-1->>4)::float8 - (path->0->>4)::float8) AS down)
    SELECT CASE WHEN across * across + down * down >= 0.0004
                THEN (degrees(atan2(across, -down)) + 360)::numeric % 360 END::float8
      FROM ends
$$;

CREATE FUNCTION search.path_is_in(path jsonb, zone polygon) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(path) AS p (box)
                    WHERE zone @> point(((box->>1)::float8 + (box->>3)::float8) / 2, (box->>4)::float8))
$$;

CREATE FUNCTION search.path_size(path jsonb) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT max(((box->>3)::float8 - (box->>1)::float8) * ((box->>4)::float8 - (box->>2)::float8))
      FROM jsonb_array_elements(path) AS p (box)
$$;

CREATE FUNCTION search.path_speed(path jsonb, aspect double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$
    WITH kept AS (
        (SELECT DISTINCT ON (floor((box->>0)::float8)) box
           FROM jsonb_array_elements(path) AS p (box) ORDER BY floor((box->>0)::float8), (box->>0)::float8)
        UNION
        SELECT path->-1),
    points AS (
        SELECT (box->>0)::float8 AS at, ((box->>1)::float8 + (box->>3)::float8) / 2 AS x, aspect * (box->>4)::float8 AS y
          FROM kept),
    steps AS (
        SELECT at - lag(at) OVER w AS seconds, sqrt((x - lag(x) OVER w) ^ 2 + (y - lag(y) OVER w) ^ 2) AS way
          FROM points WINDOW w AS (ORDER BY at))
    SELECT sum(way) / nullif(sum(seconds), 0) FROM steps
$$;

CREATE FUNCTION search.unprepared_watches() RETURNS TABLE(tenant_id uuid, watches integer, key text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
    SELECT w.tenant_id, count(*)::integer, md5(s.names || string_agg(format('%s/%s', w.id, w.version), ' ' ORDER BY w.id))
      FROM (SELECT string_agg(s.name, '/' ORDER BY s.kind) AS names FROM embed.spaces s WHERE s.state = 'serving') s
      JOIN gateway.watches w ON w.search IS NOT NULL
     WHERE NOT EXISTS (SELECT FROM search.watch_looks l
                        WHERE l.watch_id = w.id AND l.version = w.version AND l.spaces = s.names)
       AND s.names IS NOT NULL
     GROUP BY w.tenant_id, s.names
$$;

CREATE TABLE embed.appearance_256 (
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    item_kind text NOT NULL,
    item_id uuid NOT NULL,
    object_class text,
    rank smallint NOT NULL,
    space_id smallint NOT NULL,
    vector public.halfvec(256) NOT NULL,
    code bit(512),
    stored_in xid8 DEFAULT pg_current_xact_id() NOT NULL
)
PARTITION BY RANGE (started_at);

ALTER TABLE ONLY embed.appearance_256 FORCE ROW LEVEL SECURITY;

CREATE VIEW embed.appearance_256_read AS
 SELECT tenant_id,
    camera_id,
    recording_id,
    started_at,
    ended_at,
    item_kind,
    item_id,
    object_class,
    rank,
    space_id,
    vector,
    code,
    stored_in
   FROM embed.appearance_256;

CREATE TABLE embed.attribute_layouts (
    id smallint NOT NULL,
    weights text NOT NULL,
    layout text NOT NULL
);

ALTER TABLE embed.attribute_layouts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME embed.attribute_layouts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW embed.attribute_layouts_read AS
 SELECT id,
    weights,
    layout
   FROM embed.attribute_layouts;

CREATE TABLE embed.attributes (
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    track_id uuid NOT NULL,
    object_class text NOT NULL,
    layout_id smallint NOT NULL,
    crops smallint NOT NULL,
    probabilities smallint[] NOT NULL,
    likely integer[] GENERATED ALWAYS AS (embed.likely_values(layout_id, probabilities)) STORED
)
PARTITION BY RANGE (started_at);

ALTER TABLE ONLY embed.attributes FORCE ROW LEVEL SECURITY;

CREATE VIEW embed.attributes_read AS
 SELECT a.tenant_id,
    a.camera_id,
    a.recording_id,
    a.started_at,
    a.ended_at,
    a.track_id,
    a.object_class,
    a.crops,
    a.probabilities,
    l.weights,
    l.layout
   FROM (embed.attributes a
     JOIN embed.attribute_layouts l ON ((l.id = a.layout_id)));

CREATE TABLE embed.codes (
    space_id smallint NOT NULL,
    low public.halfvec NOT NULL,
    high public.halfvec NOT NULL,
    sampled integer NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW embed.codes_read AS
 SELECT space_id,
    low,
    high
   FROM embed.codes;

CREATE TABLE embed.days (
    parent text NOT NULL,
    day date NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    sealed_at timestamp with time zone,
    seconds real,
    part date NOT NULL
);

CREATE VIEW embed.days_read AS
 SELECT parent,
    day,
    rows,
    sealed_at,
    part
   FROM embed.days;

CREATE TABLE embed.semantic_384 (
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    item_kind text NOT NULL,
    item_id uuid NOT NULL,
    object_class text,
    rank smallint NOT NULL,
    space_id smallint NOT NULL,
    vector public.halfvec(384) NOT NULL,
    code bit(768),
    stored_in xid8 DEFAULT pg_current_xact_id() NOT NULL
)
PARTITION BY RANGE (started_at);

ALTER TABLE ONLY embed.semantic_384 FORCE ROW LEVEL SECURITY;

CREATE VIEW embed.semantic_384_read AS
 SELECT tenant_id,
    camera_id,
    recording_id,
    started_at,
    ended_at,
    item_kind,
    item_id,
    object_class,
    rank,
    space_id,
    vector,
    code,
    stored_in
   FROM embed.semantic_384;

CREATE TABLE embed.semantic_768 (
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    item_kind text NOT NULL,
    item_id uuid NOT NULL,
    object_class text,
    rank smallint NOT NULL,
    space_id smallint NOT NULL,
    vector public.halfvec(768) NOT NULL,
    code bit(1536),
    stored_in xid8 DEFAULT pg_current_xact_id() NOT NULL
)
PARTITION BY RANGE (started_at);

ALTER TABLE ONLY embed.semantic_768 FORCE ROW LEVEL SECURITY;

CREATE VIEW embed.semantic_768_read AS
 SELECT tenant_id,
    camera_id,
    recording_id,
    started_at,
    ended_at,
    item_kind,
    item_id,
    object_class,
    rank,
    space_id,
    vector,
    code,
    stored_in
   FROM embed.semantic_768;

ALTER TABLE embed.spaces ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME embed.spaces_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW embed.spaces_read AS
 SELECT id,
    name,
    kind,
    dimension,
    state,
    profile,
    image_model,
    text_model,
    since
   FROM embed.spaces;

CREATE TABLE embed.vector_counts (
    tenant_id uuid NOT NULL,
    space_id smallint NOT NULL,
    axis text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    rows bigint NOT NULL,
    CONSTRAINT vector_counts_axis_check CHECK ((axis = ANY (ARRAY['camera'::text, 'hour'::text, 'class'::text, 'uncoded'::text])))
)
WITH (fillfactor='70');

ALTER TABLE ONLY embed.vector_counts FORCE ROW LEVEL SECURITY;

CREATE VIEW embed.vector_counts_read AS
 SELECT tenant_id,
    space_id,
    axis,
    key,
    day,
    rows
   FROM embed.vector_counts;

CREATE VIEW embed.vector_keys_read AS
 SELECT semantic_384.tenant_id,
    semantic_384.item_id,
    semantic_384.rank,
    semantic_384.space_id,
    semantic_384.started_at
   FROM embed.semantic_384
UNION ALL
 SELECT semantic_768.tenant_id,
    semantic_768.item_id,
    semantic_768.rank,
    semantic_768.space_id,
    semantic_768.started_at
   FROM embed.semantic_768
UNION ALL
 SELECT appearance_256.tenant_id,
    appearance_256.item_id,
    appearance_256.rank,
    appearance_256.space_id,
    appearance_256.started_at
   FROM embed.appearance_256;

CREATE TABLE gateway.acknowledgements (
    alert_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    by_key text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY gateway.acknowledgements FORCE ROW LEVEL SECURITY;

CREATE TABLE gateway.api_keys (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    camera_ids uuid[],
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone
);

ALTER TABLE ONLY gateway.api_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE gateway.cameras (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    site text DEFAULT ''::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    external_ids jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY gateway.cameras FORCE ROW LEVEL SECURITY;

CREATE VIEW gateway.cameras_read AS
 SELECT id,
    tenant_id,
    name,
    site,
    time_zone
   FROM gateway.cameras;

CREATE TABLE gateway.idempotency_keys (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    body bytea,
    headers jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY gateway.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE gateway.rules (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    zone_id uuid,
    name text NOT NULL,
    kind text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    schedule jsonb,
    armed boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY gateway.rules FORCE ROW LEVEL SECURITY;

CREATE VIEW gateway.rules_read AS
 SELECT id,
    tenant_id,
    camera_id,
    zone_id,
    name,
    kind,
    parameters,
    schedule,
    armed,
    version
   FROM gateway.rules;

CREATE TABLE gateway.tenants (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE gateway.uploads (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    filename text NOT NULL,
    size_bytes bigint NOT NULL,
    started_at timestamp with time zone,
    object_key text NOT NULL,
    multipart_id text,
    part_bytes bigint,
    state gateway.upload_state DEFAULT 'open'::gateway.upload_state NOT NULL,
    job_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone
);

ALTER TABLE ONLY gateway.uploads FORCE ROW LEVEL SECURITY;

CREATE TABLE gateway.watches (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    search jsonb,
    asked jsonb,
    rule_id uuid,
    camera_ids uuid[],
    schedule jsonb,
    muted_until timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT watches_check CHECK ((num_nonnulls(search, rule_id) = 1)),
    CONSTRAINT watches_check1 CHECK (((search IS NULL) = (asked IS NULL)))
);

ALTER TABLE ONLY gateway.watches FORCE ROW LEVEL SECURITY;

CREATE VIEW gateway.watches_read AS
 SELECT id,
    tenant_id,
    name,
    search,
    rule_id,
    camera_ids,
    schedule,
    muted_until,
    version,
    created_at
   FROM gateway.watches;

CREATE TABLE gateway.zones (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    points jsonb NOT NULL,
    width_metres double precision,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT zones_kind_check CHECK ((kind = ANY (ARRAY['zone'::text, 'line'::text]))),
    CONSTRAINT zones_width_metres_check CHECK ((width_metres > (0)::double precision))
);

ALTER TABLE ONLY gateway.zones FORCE ROW LEVEL SECURITY;

CREATE VIEW gateway.zones_read AS
 SELECT id,
    tenant_id,
    camera_id,
    name,
    kind,
    points,
    width_metres,
    version,
    updated_at
   FROM gateway.zones;

CREATE TABLE ingest.crops (
    tenant_id uuid NOT NULL,
    track_id uuid NOT NULL,
    rank smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    box real[] NOT NULL,
    object_key text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    quality real NOT NULL
);

ALTER TABLE ONLY ingest.crops FORCE ROW LEVEL SECURITY;

CREATE VIEW ingest.crops_read AS
 SELECT tenant_id,
    track_id,
    rank,
    at,
    box,
    object_key,
    width,
    height,
    quality
   FROM ingest.crops c;

CREATE TABLE ingest.recordings (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    filename text NOT NULL,
    container text NOT NULL,
    codec text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    frame_rate real NOT NULL,
    size_bytes bigint NOT NULL,
    object_key text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    start_source ingest.start_source NOT NULL,
    segments integer NOT NULL,
    state ingest.recording_state DEFAULT 'processing'::ingest.recording_state NOT NULL,
    failure text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recordings_check CHECK (((state = 'failed'::ingest.recording_state) = (failure IS NOT NULL)))
);

ALTER TABLE ONLY ingest.recordings FORCE ROW LEVEL SECURITY;

CREATE TABLE ingest.segments (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    ordinal integer NOT NULL,
    sha256 bytea NOT NULL,
    object_key text NOT NULL,
    size_bytes bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    state ingest.segment_state DEFAULT 'pending'::ingest.segment_state NOT NULL,
    tracker_state bytea,
    figures jsonb
);

ALTER TABLE ONLY ingest.segments FORCE ROW LEVEL SECURITY;

CREATE VIEW ingest.recordings_read AS
 SELECT id,
    tenant_id,
    camera_id,
    sha256,
    filename,
    container,
    codec,
    width,
    height,
    frame_rate,
    size_bytes,
    object_key,
    started_at,
    ended_at,
    start_source,
    segments,
    state,
    failure,
    created_at,
    ( SELECT count(*) AS count
           FROM ingest.segments s
          WHERE ((s.recording_id = r.id) AND (s.state = 'done'::ingest.segment_state))) AS segments_done
   FROM ingest.recordings r;

CREATE TABLE ingest.scenes (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    object_key text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL
);

ALTER TABLE ONLY ingest.scenes FORCE ROW LEVEL SECURITY;

CREATE VIEW ingest.scenes_read AS
 SELECT s.id,
    s.tenant_id,
    s.camera_id,
    s.recording_id,
    s.at,
    s.object_key,
    s.width,
    s.height
   FROM (ingest.scenes s
     JOIN ingest.recordings r ON (((r.id = s.recording_id) AND (r.state <> 'failed'::ingest.recording_state))));

CREATE VIEW ingest.segments_read AS
 SELECT id,
    tenant_id,
    recording_id,
    ordinal,
    sha256,
    object_key,
    size_bytes,
    started_at,
    ended_at,
    state,
    figures
   FROM ingest.segments;

CREATE TABLE ingest.tracks (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    ordinal integer NOT NULL,
    object_class text NOT NULL,
    score real NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    detections integer NOT NULL,
    path jsonb NOT NULL
);

ALTER TABLE ONLY ingest.tracks FORCE ROW LEVEL SECURITY;

CREATE VIEW ingest.tracks_read AS
 SELECT t.id,
    t.tenant_id,
    t.camera_id,
    t.recording_id,
    t.ordinal,
    t.object_class,
    t.score,
    t.started_at,
    t.ended_at,
    t.detections,
    t.path
   FROM (ingest.tracks t
     JOIN ingest.recordings r ON (((r.id = t.recording_id) AND (r.state <> 'failed'::ingest.recording_state))));

CREATE TABLE jobs.jobs (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    contract text NOT NULL,
    queue text NOT NULL,
    key text NOT NULL,
    subject_id uuid,
    payload jsonb NOT NULL,
    state jobs.state DEFAULT 'ready'::jobs.state NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    not_before timestamp with time zone DEFAULT now() NOT NULL,
    lease_token uuid,
    lease_until timestamp with time zone,
    worker text,
    progress real DEFAULT 0 NOT NULL,
    result jsonb,
    reason text,
    trace text,
    published_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT jobs_check CHECK (((state = 'running'::jobs.state) = (lease_token IS NOT NULL))),
    CONSTRAINT jobs_check1 CHECK (((state <> 'dead'::jobs.state) OR (reason IS NOT NULL)))
);

ALTER TABLE ONLY jobs.jobs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.migrations (
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE report.clips (
    tenant_id uuid NOT NULL,
    report_id uuid NOT NULL,
    "position" integer NOT NULL,
    item_kind text NOT NULL,
    item_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    object_key text NOT NULL,
    sha256 bytea NOT NULL,
    size_bytes bigint NOT NULL,
    original_sha256 bytea NOT NULL
);

ALTER TABLE ONLY report.clips FORCE ROW LEVEL SECURITY;

CREATE VIEW report.clips_read AS
 SELECT tenant_id,
    report_id,
    "position",
    item_kind,
    item_id,
    camera_id,
    recording_id,
    started_at,
    ended_at,
    object_key,
    sha256,
    size_bytes,
    original_sha256
   FROM report.clips;

CREATE TABLE report.reports (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    title text NOT NULL,
    query text NOT NULL,
    requested_by text NOT NULL,
    object_key text NOT NULL,
    sha256 bytea NOT NULL,
    size_bytes bigint NOT NULL,
    pages integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY report.reports FORCE ROW LEVEL SECURITY;

CREATE VIEW report.reports_read AS
 SELECT id,
    tenant_id,
    title,
    query,
    requested_by,
    object_key,
    sha256,
    size_bytes,
    pages,
    created_at
   FROM report.reports;

CREATE TABLE search.alerts (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    watch_id uuid NOT NULL,
    watch_version integer NOT NULL,
    camera_id uuid NOT NULL,
    item_kind text NOT NULL,
    item_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    hit jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT alerts_item_kind_check CHECK ((item_kind = ANY (ARRAY['track'::text, 'scene'::text, 'event'::text])))
);

ALTER TABLE ONLY search.alerts FORCE ROW LEVEL SECURITY;

CREATE VIEW search.alerts_read AS
 SELECT id,
    tenant_id,
    watch_id,
    watch_version,
    camera_id,
    item_kind,
    item_id,
    started_at,
    ended_at,
    hit,
    created_at
   FROM search.alerts;

CREATE TABLE search.answers (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    question text NOT NULL,
    camera_ids uuid[] NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY search.answers FORCE ROW LEVEL SECURITY;

CREATE VIEW search.answers_read AS
 SELECT id,
    tenant_id,
    question,
    camera_ids,
    answer,
    created_at
   FROM search.answers;

CREATE TABLE search.calibrations (
    space text NOT NULL,
    asked text NOT NULL,
    slope double precision NOT NULL,
    intercept double precision NOT NULL,
    pairs integer NOT NULL,
    right_share double precision NOT NULL,
    error double precision NOT NULL,
    brier double precision NOT NULL,
    source text NOT NULL,
    fitted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT calibrations_asked_check CHECK ((asked = ANY (ARRAY['text'::text, 'picture'::text, 'track'::text])))
);

CREATE TABLE search.events (
    id uuid NOT NULL,
    revision integer NOT NULL,
    tenant_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    rule_version integer NOT NULL,
    zone_id uuid,
    zone_version integer,
    kind text NOT NULL,
    key text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    track_ids uuid[] NOT NULL,
    object_class text,
    direction text,
    x double precision NOT NULL,
    y double precision NOT NULL,
    measure double precision,
    confidence double precision NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL,
    superseded_at timestamp with time zone
);

ALTER TABLE ONLY search.events FORCE ROW LEVEL SECURITY;

CREATE VIEW search.events_read AS
 SELECT id,
    revision,
    tenant_id,
    camera_id,
    rule_id,
    rule_version,
    zone_id,
    zone_version,
    kind,
    key,
    started_at,
    ended_at,
    track_ids,
    object_class,
    direction,
    x,
    y,
    measure,
    confidence,
    found_at,
    superseded_at
   FROM search.events;

CREATE TABLE search.given_transitions (
    tenant_id uuid NOT NULL,
    from_camera_id uuid NOT NULL,
    to_camera_id uuid NOT NULL,
    overlapping boolean NOT NULL,
    min_seconds double precision,
    typical_seconds double precision,
    max_seconds double precision,
    given_by text NOT NULL,
    given_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT given_transitions_check CHECK ((overlapping OR (((0)::double precision <= min_seconds) AND (min_seconds <= typical_seconds) AND (typical_seconds <= max_seconds) AND (max_seconds > (0)::double precision))))
);

ALTER TABLE ONLY search.given_transitions FORCE ROW LEVEL SECURITY;

CREATE TABLE search.hop_decisions (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    journey_id uuid NOT NULL,
    track_id uuid NOT NULL,
    camera_id uuid NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT hop_decisions_decision_check CHECK ((decision = ANY (ARRAY['confirm'::text, 'reject'::text, 'withdraw'::text])))
);

ALTER TABLE ONLY search.hop_decisions FORCE ROW LEVEL SECURITY;

CREATE TABLE search.journeys (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    track_id uuid,
    picture_key text,
    only_camera_ids uuid[],
    from_time timestamp with time zone NOT NULL,
    until_time timestamp with time zone NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT journeys_check CHECK ((num_nonnulls(track_id, picture_key) = 1)),
    CONSTRAINT journeys_check1 CHECK ((from_time < until_time))
);

ALTER TABLE ONLY search.journeys FORCE ROW LEVEL SECURITY;

CREATE TABLE search.learned_transitions (
    tenant_id uuid NOT NULL,
    from_camera_id uuid NOT NULL,
    to_camera_id uuid NOT NULL,
    passages double precision NOT NULL,
    mean double precision NOT NULL,
    variance double precision NOT NULL,
    together integer NOT NULL
);

ALTER TABLE ONLY search.learned_transitions FORCE ROW LEVEL SECURITY;

CREATE TABLE search.outbox (
    id uuid DEFAULT uuidv7() NOT NULL,
    tenant_id uuid NOT NULL,
    topic text NOT NULL,
    subject_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered_at timestamp with time zone
);

ALTER TABLE ONLY search.outbox FORCE ROW LEVEL SECURITY;

CREATE VIEW search.outbox_read AS
 SELECT id,
    tenant_id,
    topic,
    subject_id,
    created_at,
    delivered_at
   FROM search.outbox;

CREATE TABLE search.transition_lessons (
    tenant_id uuid NOT NULL,
    space text NOT NULL,
    tracks integer NOT NULL,
    learned_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY search.transition_lessons FORCE ROW LEVEL SECURITY;

CREATE TABLE search.watch_looks (
    watch_id uuid NOT NULL,
    version integer NOT NULL,
    spaces text NOT NULL,
    tenant_id uuid NOT NULL,
    prepared bytea NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY search.watch_looks FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY embed.appearance_256
    ADD CONSTRAINT appearance_256_pkey PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);

ALTER TABLE ONLY embed.attribute_layouts
    ADD CONSTRAINT attribute_layouts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY embed.attribute_layouts
    ADD CONSTRAINT attribute_layouts_weights_layout_key UNIQUE (weights, layout);

ALTER TABLE ONLY embed.attributes
    ADD CONSTRAINT attributes_pkey PRIMARY KEY (track_id, started_at, camera_id);

ALTER TABLE ONLY embed.codes
    ADD CONSTRAINT codes_pkey PRIMARY KEY (space_id);

ALTER TABLE ONLY embed.days
    ADD CONSTRAINT days_pkey PRIMARY KEY (parent, day);

ALTER TABLE ONLY embed.semantic_384
    ADD CONSTRAINT semantic_384_pkey PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);

ALTER TABLE ONLY embed.semantic_768
    ADD CONSTRAINT semantic_768_pkey PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);

ALTER TABLE ONLY embed.spaces
    ADD CONSTRAINT spaces_name_key UNIQUE (name);

ALTER TABLE ONLY embed.spaces
    ADD CONSTRAINT spaces_pkey PRIMARY KEY (id);

ALTER TABLE ONLY embed.vector_counts
    ADD CONSTRAINT vector_counts_pkey PRIMARY KEY (tenant_id, space_id, axis, key, day);

ALTER TABLE ONLY gateway.acknowledgements
    ADD CONSTRAINT acknowledgements_pkey PRIMARY KEY (alert_id);

ALTER TABLE ONLY gateway.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.api_keys
    ADD CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY gateway.cameras
    ADD CONSTRAINT cameras_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.cameras
    ADD CONSTRAINT cameras_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY gateway.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, key);

ALTER TABLE ONLY gateway.rules
    ADD CONSTRAINT rules_camera_id_name_key UNIQUE (camera_id, name);

ALTER TABLE ONLY gateway.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.tenants
    ADD CONSTRAINT tenants_name_key UNIQUE (name);

ALTER TABLE ONLY gateway.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.watches
    ADD CONSTRAINT watches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.watches
    ADD CONSTRAINT watches_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY gateway.zones
    ADD CONSTRAINT zones_camera_id_name_key UNIQUE (camera_id, name);

ALTER TABLE ONLY gateway.zones
    ADD CONSTRAINT zones_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ingest.crops
    ADD CONSTRAINT crops_pkey PRIMARY KEY (track_id, rank);

ALTER TABLE ONLY ingest.recordings
    ADD CONSTRAINT recordings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ingest.recordings
    ADD CONSTRAINT recordings_tenant_id_camera_id_sha256_key UNIQUE (tenant_id, camera_id, sha256);

ALTER TABLE ONLY ingest.scenes
    ADD CONSTRAINT scenes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ingest.scenes
    ADD CONSTRAINT scenes_recording_id_at_key UNIQUE (recording_id, at);

ALTER TABLE ONLY ingest.segments
    ADD CONSTRAINT segments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ingest.segments
    ADD CONSTRAINT segments_recording_id_ordinal_key UNIQUE (recording_id, ordinal);

ALTER TABLE ONLY ingest.tracks
    ADD CONSTRAINT tracks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ingest.tracks
    ADD CONSTRAINT tracks_recording_id_ordinal_key UNIQUE (recording_id, ordinal);

ALTER TABLE ONLY jobs.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY jobs.jobs
    ADD CONSTRAINT jobs_tenant_id_contract_key_key UNIQUE (tenant_id, contract, key);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY report.clips
    ADD CONSTRAINT clips_pkey PRIMARY KEY (report_id, "position");

ALTER TABLE ONLY report.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.alerts
    ADD CONSTRAINT alerts_watch_id_item_kind_item_id_key UNIQUE (watch_id, item_kind, item_id);

ALTER TABLE ONLY search.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.calibrations
    ADD CONSTRAINT calibrations_pkey PRIMARY KEY (space, asked);

ALTER TABLE ONLY search.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id, revision);

ALTER TABLE ONLY search.given_transitions
    ADD CONSTRAINT given_transitions_pkey PRIMARY KEY (tenant_id, from_camera_id, to_camera_id);

ALTER TABLE ONLY search.hop_decisions
    ADD CONSTRAINT hop_decisions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.journeys
    ADD CONSTRAINT journeys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.learned_transitions
    ADD CONSTRAINT learned_transitions_pkey PRIMARY KEY (tenant_id, from_camera_id, to_camera_id);

ALTER TABLE ONLY search.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY search.outbox
    ADD CONSTRAINT outbox_topic_subject_id_key UNIQUE (topic, subject_id);

ALTER TABLE ONLY search.transition_lessons
    ADD CONSTRAINT transition_lessons_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY search.watch_looks
    ADD CONSTRAINT watch_looks_pkey PRIMARY KEY (watch_id, version, spaces);

CREATE INDEX appearance_256_camera ON ONLY embed.appearance_256 USING btree (tenant_id, camera_id, started_at) INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);

CREATE INDEX appearance_256_class ON ONLY embed.appearance_256 USING btree (tenant_id, object_class, started_at);

CREATE INDEX attributes_camera ON ONLY embed.attributes USING btree (tenant_id, camera_id, started_at);

CREATE INDEX attributes_likely ON ONLY embed.attributes USING gin (likely);

CREATE INDEX semantic_384_camera ON ONLY embed.semantic_384 USING btree (tenant_id, camera_id, started_at) INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);

CREATE INDEX semantic_384_class ON ONLY embed.semantic_384 USING btree (tenant_id, object_class, started_at);

CREATE INDEX semantic_768_camera ON ONLY embed.semantic_768 USING btree (tenant_id, camera_id, started_at) INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);

CREATE INDEX semantic_768_class ON ONLY embed.semantic_768 USING btree (tenant_id, object_class, started_at);

CREATE UNIQUE INDEX spaces_incoming ON embed.spaces USING btree (kind) WHERE (state = 'incoming'::text);

CREATE UNIQUE INDEX spaces_serving ON embed.spaces USING btree (kind) WHERE (state = 'serving'::text);

CREATE INDEX vector_counts_day ON embed.vector_counts USING btree (tenant_id, space_id, axis, day);

CREATE INDEX rules_listing ON gateway.rules USING btree (tenant_id, camera_id, name);

CREATE INDEX rules_zone ON gateway.rules USING btree (zone_id);

CREATE INDEX uploads_listing ON gateway.uploads USING btree (tenant_id, id DESC);

CREATE INDEX watches_rule ON gateway.watches USING btree (rule_id);

CREATE INDEX zones_listing ON gateway.zones USING btree (tenant_id, camera_id, name);

CREATE INDEX recordings_running ON ingest.recordings USING gist (tstzrange(started_at, ended_at, '[]'::text)) INCLUDE (tenant_id, camera_id, started_at, ended_at);

CREATE INDEX recordings_time ON ingest.recordings USING btree (tenant_id, camera_id, started_at);

CREATE INDEX tracks_time ON ingest.tracks USING btree (tenant_id, camera_id, started_at);

CREATE INDEX jobs_leases ON jobs.jobs USING btree (lease_until) WHERE (state = 'running'::jobs.state);

CREATE INDEX jobs_listing ON jobs.jobs USING btree (tenant_id, id DESC);

CREATE INDEX jobs_ready ON jobs.jobs USING btree (queue, not_before) WHERE (state = 'ready'::jobs.state);

CREATE INDEX jobs_reembed ON jobs.jobs USING btree (((payload ->> 'space'::text))) WHERE (contract = 'embed.reembed.v1'::text);

CREATE INDEX jobs_subject ON jobs.jobs USING btree (tenant_id, subject_id);

CREATE INDEX alerts_listing ON search.alerts USING btree (tenant_id, id DESC);

CREATE INDEX answers_age ON search.answers USING btree (created_at);

CREATE INDEX answers_newest ON search.answers USING btree (tenant_id, created_at DESC, id);

CREATE UNIQUE INDEX events_current ON search.events USING btree (id) WHERE (superseded_at IS NULL);

CREATE UNIQUE INDEX events_key ON search.events USING btree (rule_id, key) WHERE (superseded_at IS NULL);

CREATE INDEX events_listing ON search.events USING btree (tenant_id, started_at, id) WHERE (superseded_at IS NULL);

CREATE INDEX events_rule ON search.events USING btree (rule_id, started_at) WHERE (superseded_at IS NULL);

CREATE INDEX hop_decisions_journey ON search.hop_decisions USING btree (tenant_id, journey_id, id);

CREATE INDEX journeys_latest ON search.journeys USING btree (tenant_id, asked_at DESC, id DESC);

CREATE INDEX outbox_waiting ON search.outbox USING btree (id) WHERE (delivered_at IS NULL);

CREATE INDEX watch_looks_tenant ON search.watch_looks USING btree (tenant_id);

CREATE TRIGGER count_deleted AFTER DELETE ON embed.appearance_256 REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

CREATE TRIGGER count_deleted AFTER DELETE ON embed.semantic_384 REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

CREATE TRIGGER count_deleted AFTER DELETE ON embed.semantic_768 REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

CREATE TRIGGER count_stored AFTER INSERT ON embed.appearance_256 REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

CREATE TRIGGER count_stored AFTER INSERT ON embed.semantic_384 REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

CREATE TRIGGER count_stored AFTER INSERT ON embed.semantic_768 REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors();

ALTER TABLE embed.appearance_256
    ADD CONSTRAINT appearance_256_space_id_fkey FOREIGN KEY (space_id) REFERENCES embed.spaces(id);

ALTER TABLE embed.attributes
    ADD CONSTRAINT attributes_layout_id_fkey FOREIGN KEY (layout_id) REFERENCES embed.attribute_layouts(id);

ALTER TABLE ONLY embed.codes
    ADD CONSTRAINT codes_space_id_fkey FOREIGN KEY (space_id) REFERENCES embed.spaces(id);

ALTER TABLE embed.semantic_384
    ADD CONSTRAINT semantic_384_space_id_fkey FOREIGN KEY (space_id) REFERENCES embed.spaces(id);

ALTER TABLE embed.semantic_768
    ADD CONSTRAINT semantic_768_space_id_fkey FOREIGN KEY (space_id) REFERENCES embed.spaces(id);

ALTER TABLE ONLY embed.vector_counts
    ADD CONSTRAINT vector_counts_space_id_fkey FOREIGN KEY (space_id) REFERENCES embed.spaces(id);

ALTER TABLE ONLY gateway.acknowledgements
    ADD CONSTRAINT acknowledgements_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.cameras
    ADD CONSTRAINT cameras_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.idempotency_keys
    ADD CONSTRAINT idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.rules
    ADD CONSTRAINT rules_camera_id_fkey FOREIGN KEY (camera_id) REFERENCES gateway.cameras(id);

ALTER TABLE ONLY gateway.rules
    ADD CONSTRAINT rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.rules
    ADD CONSTRAINT rules_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES gateway.zones(id);

ALTER TABLE ONLY gateway.uploads
    ADD CONSTRAINT uploads_camera_id_fkey FOREIGN KEY (camera_id) REFERENCES gateway.cameras(id);

ALTER TABLE ONLY gateway.uploads
    ADD CONSTRAINT uploads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.watches
    ADD CONSTRAINT watches_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES gateway.rules(id) ON DELETE CASCADE;

ALTER TABLE ONLY gateway.watches
    ADD CONSTRAINT watches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY gateway.zones
    ADD CONSTRAINT zones_camera_id_fkey FOREIGN KEY (camera_id) REFERENCES gateway.cameras(id);

ALTER TABLE ONLY gateway.zones
    ADD CONSTRAINT zones_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);

ALTER TABLE ONLY ingest.crops
    ADD CONSTRAINT crops_track_id_fkey FOREIGN KEY (track_id) REFERENCES ingest.tracks(id) ON DELETE CASCADE;

ALTER TABLE ONLY ingest.scenes
    ADD CONSTRAINT scenes_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES ingest.recordings(id) ON DELETE CASCADE;

ALTER TABLE ONLY ingest.segments
    ADD CONSTRAINT segments_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES ingest.recordings(id) ON DELETE CASCADE;

ALTER TABLE ONLY ingest.tracks
    ADD CONSTRAINT tracks_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES ingest.recordings(id) ON DELETE CASCADE;

ALTER TABLE ONLY report.clips
    ADD CONSTRAINT clips_report_id_fkey FOREIGN KEY (report_id) REFERENCES report.reports(id) ON DELETE CASCADE;

ALTER TABLE ONLY search.hop_decisions
    ADD CONSTRAINT hop_decisions_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES search.journeys(id) ON DELETE CASCADE;

ALTER TABLE embed.appearance_256 ENABLE ROW LEVEL SECURITY;

ALTER TABLE embed.attributes ENABLE ROW LEVEL SECURITY;

ALTER TABLE embed.semantic_384 ENABLE ROW LEVEL SECURITY;

ALTER TABLE embed.semantic_768 ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON embed.appearance_256 USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON embed.attributes USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON embed.semantic_384 USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON embed.semantic_768 USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON embed.vector_counts USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE embed.vector_counts ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.acknowledgements ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.cameras ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.rules ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON gateway.acknowledgements USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.api_keys USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.cameras USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.idempotency_keys USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.rules USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.uploads USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.watches USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON gateway.zones USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE gateway.uploads ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.watches ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway.zones ENABLE ROW LEVEL SECURITY;

ALTER TABLE ingest.crops ENABLE ROW LEVEL SECURITY;

ALTER TABLE ingest.recordings ENABLE ROW LEVEL SECURITY;

ALTER TABLE ingest.scenes ENABLE ROW LEVEL SECURITY;

ALTER TABLE ingest.segments ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON ingest.crops USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON ingest.recordings USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON ingest.scenes USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON ingest.segments USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON ingest.tracks USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE ingest.tracks ENABLE ROW LEVEL SECURITY;

ALTER TABLE jobs.jobs ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON jobs.jobs USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE report.clips ENABLE ROW LEVEL SECURITY;

ALTER TABLE report.reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON report.clips USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON report.reports USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE search.alerts ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.given_transitions ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.hop_decisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.journeys ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.learned_transitions ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON search.alerts USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.answers USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.events USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.given_transitions USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.hop_decisions USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.journeys USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.learned_transitions USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.outbox USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.transition_lessons USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

CREATE POLICY tenant ON search.watch_looks USING ((tenant_id = public.current_tenant())) WITH CHECK ((tenant_id = public.current_tenant()));

ALTER TABLE search.transition_lessons ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.watch_looks ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA embed TO sightline_gateway;
GRANT USAGE ON SCHEMA embed TO sightline_ingest;
GRANT USAGE ON SCHEMA embed TO sightline_embed;
GRANT USAGE ON SCHEMA embed TO sightline_search;
GRANT USAGE ON SCHEMA embed TO sightline_report;
GRANT USAGE ON SCHEMA embed TO sightline_reader;

GRANT USAGE ON SCHEMA gateway TO sightline_gateway;
GRANT USAGE ON SCHEMA gateway TO sightline_ingest;
GRANT USAGE ON SCHEMA gateway TO sightline_embed;
GRANT USAGE ON SCHEMA gateway TO sightline_search;
GRANT USAGE ON SCHEMA gateway TO sightline_report;
GRANT USAGE ON SCHEMA gateway TO sightline_reader;

GRANT USAGE ON SCHEMA ingest TO sightline_gateway;
GRANT USAGE ON SCHEMA ingest TO sightline_ingest;
GRANT USAGE ON SCHEMA ingest TO sightline_embed;
GRANT USAGE ON SCHEMA ingest TO sightline_search;
GRANT USAGE ON SCHEMA ingest TO sightline_report;
GRANT USAGE ON SCHEMA ingest TO sightline_reader;

GRANT USAGE ON SCHEMA jobs TO sightline_gateway;
GRANT USAGE ON SCHEMA jobs TO sightline_ingest;
GRANT USAGE ON SCHEMA jobs TO sightline_embed;
GRANT USAGE ON SCHEMA jobs TO sightline_search;
GRANT USAGE ON SCHEMA jobs TO sightline_report;

GRANT ALL ON SCHEMA public TO sightline_owner;

GRANT USAGE ON SCHEMA report TO sightline_gateway;
GRANT USAGE ON SCHEMA report TO sightline_ingest;
GRANT USAGE ON SCHEMA report TO sightline_embed;
GRANT USAGE ON SCHEMA report TO sightline_search;
GRANT USAGE ON SCHEMA report TO sightline_report;
GRANT USAGE ON SCHEMA report TO sightline_reader;

GRANT USAGE ON SCHEMA search TO sightline_gateway;
GRANT USAGE ON SCHEMA search TO sightline_ingest;
GRANT USAGE ON SCHEMA search TO sightline_embed;
GRANT USAGE ON SCHEMA search TO sightline_search;
GRANT USAGE ON SCHEMA search TO sightline_report;
GRANT USAGE ON SCHEMA search TO sightline_reader;

REVOKE ALL ON FUNCTION embed.ask_reembedding(space smallint, tenant uuid, most_attempts integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.begin_switch(space smallint) FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.spaces TO sightline_embed;
GRANT SELECT ON TABLE embed.spaces TO sightline_reader;

REVOKE ALL ON FUNCTION embed.bind_space(space_name text, space_kind text, space_dimension integer, of_profile text, for_images text, for_texts text) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.bind_space(space_name text, space_kind text, space_dimension integer, of_profile text, for_images text, for_texts text) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.build_graph(leaf text) FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.calibrate_codes(space smallint, fewest integer) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.calibrate_codes(space smallint, fewest integer) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.copy_days(parent text, first_day date, until_day date, fewest bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.copy_days(parent text, first_day date, until_day date, fewest bigint) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.count_vectors() FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.counted_days(space smallint, parent text, kinds text[], cameras uuid[], from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.counted_days(space smallint, parent text, kinds text[], cameras uuid[], from_time timestamp with time zone, until_time timestamp with time zone) TO sightline_search;

REVOKE ALL ON FUNCTION embed.days_before(limit_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.days_before(limit_day date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.drop_day(day date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.drop_day(day date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.ensure_day(day date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.ensure_day(day date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.equip_leaf(parent text, leaf text) FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.fill_codes(parent text, day date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.fill_codes(parent text, day date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.fresh_waits() FROM PUBLIC;
GRANT ALL ON FUNCTION embed.fresh_waits() TO sightline_embed;

REVOKE ALL ON FUNCTION embed.index_day(parent text, day date, fewest bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.index_day(parent text, day date, fewest bigint) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.leaf_of(parent text, day date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.leaf_of(parent text, day date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.lock_whole(parent text) FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.mark_sealed(parent text, day date, seconds real) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.mark_sealed(parent text, day date, seconds real) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.merge_days(parent text, first_day date, until_day date, seconds real) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.merge_days(parent text, first_day date, until_day date, seconds real) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.next_to_calibrate(fewest bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.next_to_calibrate(fewest bigint) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.next_to_code() FROM PUBLIC;
GRANT ALL ON FUNCTION embed.next_to_code() TO sightline_embed;

REVOKE ALL ON FUNCTION embed.next_to_merge(over_before date, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.next_to_merge(over_before date, most bigint) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.next_to_seal(over_before date) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.next_to_seal(over_before date) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.rows_of(parent text, leaf text) FROM PUBLIC;

REVOKE ALL ON FUNCTION embed.settle_switch(space smallint, leaving uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.settle_switch(space smallint, leaving uuid) TO sightline_embed;

REVOKE ALL ON FUNCTION embed.tracks_with(likely integer[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION embed.tracks_with(likely integer[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) TO sightline_search;

REVOKE ALL ON FUNCTION gateway.authenticate(presented bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION gateway.authenticate(presented bytea) TO sightline_gateway;

REVOKE ALL ON FUNCTION ingest.earliest_running(moment timestamp with time zone, cameras uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ingest.earliest_running(moment timestamp with time zone, cameras uuid[]) TO sightline_search;

REVOKE ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) TO sightline_gateway;
GRANT ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) TO sightline_ingest;
GRANT ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) TO sightline_embed;
GRANT ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) TO sightline_search;
GRANT ALL ON FUNCTION jobs.claim(job_id uuid, claimant text, lease interval) TO sightline_report;

REVOKE ALL ON FUNCTION jobs.counts() FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.counts() TO sightline_gateway;
GRANT ALL ON FUNCTION jobs.counts() TO sightline_ingest;
GRANT ALL ON FUNCTION jobs.counts() TO sightline_embed;
GRANT ALL ON FUNCTION jobs.counts() TO sightline_search;
GRANT ALL ON FUNCTION jobs.counts() TO sightline_report;

REVOKE ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) TO sightline_gateway;
GRANT ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) TO sightline_ingest;
GRANT ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) TO sightline_embed;
GRANT ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) TO sightline_search;
GRANT ALL ON FUNCTION jobs.reconcile(quiet interval, batch integer) TO sightline_report;

REVOKE ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) TO sightline_gateway;
GRANT ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) TO sightline_ingest;
GRANT ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) TO sightline_embed;
GRANT ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) TO sightline_search;
GRANT ALL ON FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real) TO sightline_report;

REVOKE ALL ON PROCEDURE public.force_tenant(IN target regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.forget_answers(older interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.forget_answers(older interval, batch integer) TO sightline_search;

REVOKE ALL ON FUNCTION search.unprepared_watches() FROM PUBLIC;
GRANT ALL ON FUNCTION search.unprepared_watches() TO sightline_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.appearance_256 TO sightline_embed;
GRANT SELECT ON TABLE embed.appearance_256 TO sightline_reader;

GRANT SELECT ON TABLE embed.appearance_256_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.appearance_256_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.appearance_256_read TO sightline_embed;
GRANT SELECT ON TABLE embed.appearance_256_read TO sightline_search;
GRANT SELECT ON TABLE embed.appearance_256_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.attribute_layouts TO sightline_embed;
GRANT SELECT ON TABLE embed.attribute_layouts TO sightline_reader;

GRANT SELECT ON TABLE embed.attribute_layouts_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.attribute_layouts_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.attribute_layouts_read TO sightline_embed;
GRANT SELECT ON TABLE embed.attribute_layouts_read TO sightline_search;
GRANT SELECT ON TABLE embed.attribute_layouts_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.attributes TO sightline_embed;
GRANT SELECT ON TABLE embed.attributes TO sightline_reader;

GRANT SELECT ON TABLE embed.attributes_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.attributes_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.attributes_read TO sightline_embed;
GRANT SELECT ON TABLE embed.attributes_read TO sightline_search;
GRANT SELECT ON TABLE embed.attributes_read TO sightline_report;

GRANT SELECT ON TABLE embed.codes TO sightline_embed;
GRANT SELECT ON TABLE embed.codes TO sightline_reader;

GRANT SELECT ON TABLE embed.codes_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.codes_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.codes_read TO sightline_embed;
GRANT SELECT ON TABLE embed.codes_read TO sightline_search;
GRANT SELECT ON TABLE embed.codes_read TO sightline_report;

GRANT SELECT ON TABLE embed.days TO sightline_embed;
GRANT SELECT ON TABLE embed.days TO sightline_reader;

GRANT SELECT ON TABLE embed.days_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.days_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.days_read TO sightline_embed;
GRANT SELECT ON TABLE embed.days_read TO sightline_search;
GRANT SELECT ON TABLE embed.days_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.semantic_384 TO sightline_embed;
GRANT SELECT ON TABLE embed.semantic_384 TO sightline_reader;

GRANT SELECT ON TABLE embed.semantic_384_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.semantic_384_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.semantic_384_read TO sightline_embed;
GRANT SELECT ON TABLE embed.semantic_384_read TO sightline_search;
GRANT SELECT ON TABLE embed.semantic_384_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE embed.semantic_768 TO sightline_embed;
GRANT SELECT ON TABLE embed.semantic_768 TO sightline_reader;

GRANT SELECT ON TABLE embed.semantic_768_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.semantic_768_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.semantic_768_read TO sightline_embed;
GRANT SELECT ON TABLE embed.semantic_768_read TO sightline_search;
GRANT SELECT ON TABLE embed.semantic_768_read TO sightline_report;

GRANT SELECT ON TABLE embed.spaces_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.spaces_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.spaces_read TO sightline_embed;
GRANT SELECT ON TABLE embed.spaces_read TO sightline_search;
GRANT SELECT ON TABLE embed.spaces_read TO sightline_report;

GRANT SELECT ON TABLE embed.vector_counts TO sightline_embed;
GRANT SELECT ON TABLE embed.vector_counts TO sightline_reader;

GRANT SELECT ON TABLE embed.vector_counts_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.vector_counts_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.vector_counts_read TO sightline_embed;
GRANT SELECT ON TABLE embed.vector_counts_read TO sightline_search;
GRANT SELECT ON TABLE embed.vector_counts_read TO sightline_report;

GRANT SELECT ON TABLE embed.vector_keys_read TO sightline_gateway;
GRANT SELECT ON TABLE embed.vector_keys_read TO sightline_ingest;
GRANT SELECT ON TABLE embed.vector_keys_read TO sightline_embed;
GRANT SELECT ON TABLE embed.vector_keys_read TO sightline_search;
GRANT SELECT ON TABLE embed.vector_keys_read TO sightline_report;

GRANT SELECT,INSERT ON TABLE gateway.acknowledgements TO sightline_gateway;

GRANT SELECT,INSERT,UPDATE ON TABLE gateway.api_keys TO sightline_gateway;

GRANT SELECT,INSERT,UPDATE ON TABLE gateway.cameras TO sightline_gateway;
GRANT SELECT ON TABLE gateway.cameras TO sightline_reader;

GRANT SELECT ON TABLE gateway.cameras_read TO sightline_gateway;
GRANT SELECT ON TABLE gateway.cameras_read TO sightline_ingest;
GRANT SELECT ON TABLE gateway.cameras_read TO sightline_embed;
GRANT SELECT ON TABLE gateway.cameras_read TO sightline_search;
GRANT SELECT ON TABLE gateway.cameras_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.idempotency_keys TO sightline_gateway;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.rules TO sightline_gateway;
GRANT SELECT ON TABLE gateway.rules TO sightline_reader;

GRANT SELECT ON TABLE gateway.rules_read TO sightline_gateway;
GRANT SELECT ON TABLE gateway.rules_read TO sightline_ingest;
GRANT SELECT ON TABLE gateway.rules_read TO sightline_embed;
GRANT SELECT ON TABLE gateway.rules_read TO sightline_search;
GRANT SELECT ON TABLE gateway.rules_read TO sightline_report;

GRANT SELECT ON TABLE gateway.tenants TO sightline_gateway;
GRANT SELECT ON TABLE gateway.tenants TO sightline_reader;

GRANT SELECT,INSERT,UPDATE ON TABLE gateway.uploads TO sightline_gateway;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.watches TO sightline_gateway;
GRANT SELECT ON TABLE gateway.watches TO sightline_reader;

GRANT SELECT ON TABLE gateway.watches_read TO sightline_gateway;
GRANT SELECT ON TABLE gateway.watches_read TO sightline_ingest;
GRANT SELECT ON TABLE gateway.watches_read TO sightline_embed;
GRANT SELECT ON TABLE gateway.watches_read TO sightline_search;
GRANT SELECT ON TABLE gateway.watches_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.zones TO sightline_gateway;
GRANT SELECT ON TABLE gateway.zones TO sightline_reader;

GRANT SELECT ON TABLE gateway.zones_read TO sightline_gateway;
GRANT SELECT ON TABLE gateway.zones_read TO sightline_ingest;
GRANT SELECT ON TABLE gateway.zones_read TO sightline_embed;
GRANT SELECT ON TABLE gateway.zones_read TO sightline_search;
GRANT SELECT ON TABLE gateway.zones_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.crops TO sightline_ingest;
GRANT SELECT ON TABLE ingest.crops TO sightline_reader;

GRANT SELECT ON TABLE ingest.crops_read TO sightline_gateway;
GRANT SELECT ON TABLE ingest.crops_read TO sightline_ingest;
GRANT SELECT ON TABLE ingest.crops_read TO sightline_embed;
GRANT SELECT ON TABLE ingest.crops_read TO sightline_search;
GRANT SELECT ON TABLE ingest.crops_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.recordings TO sightline_ingest;
GRANT SELECT ON TABLE ingest.recordings TO sightline_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.segments TO sightline_ingest;
GRANT SELECT ON TABLE ingest.segments TO sightline_reader;

GRANT SELECT ON TABLE ingest.recordings_read TO sightline_gateway;
GRANT SELECT ON TABLE ingest.recordings_read TO sightline_ingest;
GRANT SELECT ON TABLE ingest.recordings_read TO sightline_embed;
GRANT SELECT ON TABLE ingest.recordings_read TO sightline_search;
GRANT SELECT ON TABLE ingest.recordings_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.scenes TO sightline_ingest;
GRANT SELECT ON TABLE ingest.scenes TO sightline_reader;

GRANT SELECT ON TABLE ingest.scenes_read TO sightline_gateway;
GRANT SELECT ON TABLE ingest.scenes_read TO sightline_ingest;
GRANT SELECT ON TABLE ingest.scenes_read TO sightline_embed;
GRANT SELECT ON TABLE ingest.scenes_read TO sightline_search;
GRANT SELECT ON TABLE ingest.scenes_read TO sightline_report;

GRANT SELECT ON TABLE ingest.segments_read TO sightline_gateway;
GRANT SELECT ON TABLE ingest.segments_read TO sightline_ingest;
GRANT SELECT ON TABLE ingest.segments_read TO sightline_embed;
GRANT SELECT ON TABLE ingest.segments_read TO sightline_search;
GRANT SELECT ON TABLE ingest.segments_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.tracks TO sightline_ingest;
GRANT SELECT ON TABLE ingest.tracks TO sightline_reader;

GRANT SELECT ON TABLE ingest.tracks_read TO sightline_gateway;
GRANT SELECT ON TABLE ingest.tracks_read TO sightline_ingest;
GRANT SELECT ON TABLE ingest.tracks_read TO sightline_embed;
GRANT SELECT ON TABLE ingest.tracks_read TO sightline_search;
GRANT SELECT ON TABLE ingest.tracks_read TO sightline_report;

GRANT SELECT,INSERT,UPDATE ON TABLE jobs.jobs TO sightline_gateway;
GRANT SELECT,INSERT,UPDATE ON TABLE jobs.jobs TO sightline_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE jobs.jobs TO sightline_embed;
GRANT SELECT,INSERT,UPDATE ON TABLE jobs.jobs TO sightline_search;
GRANT SELECT,INSERT,UPDATE ON TABLE jobs.jobs TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE report.clips TO sightline_report;
GRANT SELECT ON TABLE report.clips TO sightline_reader;

GRANT SELECT ON TABLE report.clips_read TO sightline_gateway;
GRANT SELECT ON TABLE report.clips_read TO sightline_ingest;
GRANT SELECT ON TABLE report.clips_read TO sightline_embed;
GRANT SELECT ON TABLE report.clips_read TO sightline_search;
GRANT SELECT ON TABLE report.clips_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE report.reports TO sightline_report;
GRANT SELECT ON TABLE report.reports TO sightline_reader;

GRANT SELECT ON TABLE report.reports_read TO sightline_gateway;
GRANT SELECT ON TABLE report.reports_read TO sightline_ingest;
GRANT SELECT ON TABLE report.reports_read TO sightline_embed;
GRANT SELECT ON TABLE report.reports_read TO sightline_search;
GRANT SELECT ON TABLE report.reports_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.alerts TO sightline_search;
GRANT SELECT ON TABLE search.alerts TO sightline_reader;

GRANT SELECT ON TABLE search.alerts_read TO sightline_gateway;
GRANT SELECT ON TABLE search.alerts_read TO sightline_ingest;
GRANT SELECT ON TABLE search.alerts_read TO sightline_embed;
GRANT SELECT ON TABLE search.alerts_read TO sightline_search;
GRANT SELECT ON TABLE search.alerts_read TO sightline_report;

GRANT SELECT,INSERT,DELETE ON TABLE search.answers TO sightline_search;
GRANT SELECT ON TABLE search.answers TO sightline_reader;

GRANT SELECT ON TABLE search.answers_read TO sightline_gateway;
GRANT SELECT ON TABLE search.answers_read TO sightline_ingest;
GRANT SELECT ON TABLE search.answers_read TO sightline_embed;
GRANT SELECT ON TABLE search.answers_read TO sightline_search;
GRANT SELECT ON TABLE search.answers_read TO sightline_report;

GRANT SELECT ON TABLE search.calibrations TO sightline_search;
GRANT SELECT ON TABLE search.calibrations TO sightline_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.events TO sightline_search;
GRANT SELECT ON TABLE search.events TO sightline_reader;

GRANT SELECT ON TABLE search.events_read TO sightline_gateway;
GRANT SELECT ON TABLE search.events_read TO sightline_ingest;
GRANT SELECT ON TABLE search.events_read TO sightline_embed;
GRANT SELECT ON TABLE search.events_read TO sightline_search;
GRANT SELECT ON TABLE search.events_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.given_transitions TO sightline_search;

GRANT SELECT,INSERT ON TABLE search.hop_decisions TO sightline_search;

GRANT SELECT,INSERT ON TABLE search.journeys TO sightline_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.learned_transitions TO sightline_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.outbox TO sightline_search;
GRANT SELECT ON TABLE search.outbox TO sightline_reader;

GRANT SELECT ON TABLE search.outbox_read TO sightline_gateway;
GRANT SELECT ON TABLE search.outbox_read TO sightline_ingest;
GRANT SELECT ON TABLE search.outbox_read TO sightline_embed;
GRANT SELECT ON TABLE search.outbox_read TO sightline_search;
GRANT SELECT ON TABLE search.outbox_read TO sightline_report;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.transition_lessons TO sightline_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE search.watch_looks TO sightline_search;
