-- Old days are put together into parts of a month, so that a search over a long time opens few partitions and walks few
-- indexes. See docs/explanations/decisions/0013-months-in-few-parts.md.

-- The partition that a day lies in, by its first day: itself, until it is put together with others. Attributes have days too.
ALTER TABLE embed.days ADD COLUMN part date;
UPDATE embed.days SET part = day;
INSERT INTO embed.days (parent, day, part)
SELECT 'attributes', leaf.day, leaf.day
  FROM (SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'embed.attributes'::regclass) leaf;
ALTER TABLE embed.days ALTER COLUMN part SET NOT NULL;

-- The name of the partition that a day lies in, or would.
CREATE FUNCTION embed.leaf_of(parent text, day date)
    RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT leaf_of.parent || '_' || to_char(coalesce(
               (SELECT d.part FROM embed.days d WHERE d.parent = leaf_of.parent AND d.day = leaf_of.day), leaf_of.day), 'YYYYMMDD')
$$;

-- Makes the partitions of a day (UTC) where they are missing. Safe to call from many workers at once.
CREATE OR REPLACE FUNCTION embed.ensure_day(day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
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

-- What a partition needs beside what it has of its table: statements on it alone do not reach the table's triggers.
CREATE FUNCTION embed.equip_leaf(parent text, leaf text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format('GRANT MAINTAIN ON embed.%I TO sightline_embed', leaf);
    IF parent <> 'attributes' THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON embed.%I REFERENCING OLD TABLE AS changed'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', leaf);
    END IF;
END $$;

DO $$
DECLARE
    leaf text;
BEGIN
    FOR leaf IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'embed.attributes'::regclass LOOP
        PERFORM embed.equip_leaf('attributes', leaf);
    END LOOP;
END $$;

-- Makes the codes that a day's vectors lack. Returns how many were made.
CREATE OR REPLACE FUNCTION embed.fill_codes(parent text, day date)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
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
END $$;

-- The next day that is over and not sealed, or has doubled since: the latest first, as it is looked for most. `rows` of a
-- day that lies in a part are the part's, which a day alone hardly doubles.
CREATE OR REPLACE FUNCTION embed.next_to_seal(over_before date)
    RETURNS TABLE (parent text, day date, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
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

-- Builds the index of the partition that a day lies in, if its vectors are enough to want one. Who stores into that partition
-- waits for it; nobody else. One process, so that it neither takes every core nor wants shared memory that containers do not have.
CREATE OR REPLACE FUNCTION embed.index_day(parent text, day date, fewest bigint)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public SET maintenance_work_mem = '512MB' SET max_parallel_maintenance_workers = 0
    SET lock_timeout = '10s' AS $$
DECLARE
    leaf text := embed.leaf_of(parent, day);
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', leaf) INTO stored;
    IF stored < fewest THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON embed.%I USING hnsw (vector halfvec_cosine_ops)'
                   ' WITH (m = 16, ef_construction = 100)', leaf || '_hnsw', leaf);
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION embed.mark_sealed(parent text, day date, seconds real)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', embed.leaf_of(mark_sealed.parent, mark_sealed.day)) INTO stored;
    UPDATE embed.days d SET sealed_at = now(), rows = stored, seconds = mark_sealed.seconds
     WHERE d.parent = mark_sealed.parent AND d.day = mark_sealed.day;
END $$;

-- Parts ------------------------------------------------------------------------------------------------------------------

-- The next days to put together: single days of one month that was over before a date, as many in a row as hold at most so
-- many rows. Days that hold nothing and have no partition lie in the part as well.
CREATE FUNCTION embed.next_to_merge(over_before date, most bigint)
    RETURNS TABLE (parent text, first_day date, until_day date)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
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

-- What rows a table holds, as text that differs as soon as one is there more or less.
CREATE FUNCTION embed.rows_of(parent text, leaf text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || coalesce(sum(hash_record_extended(ROW(%s), 0)::numeric), 0) FROM embed.%I',
                   CASE parent WHEN 'attributes' THEN 'track_id, started_at' ELSE 'item_id, rank, space_id, started_at' END, leaf)
       INTO told;
    RETURN told;
END $$;

-- Copies days into a table beside them, in the order of time, and builds its indexes. Nobody waits for it. Returns its name.
-- The index over the vectors is much slower to build where it does not fit into memory: about 2 bytes a dimension and 400 more.
CREATE FUNCTION embed.copy_days(parent text, first_day date, until_day date, fewest bigint)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public SET maintenance_work_mem = '1500MB' SET max_parallel_maintenance_workers = 0 AS $$
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
        EXECUTE format('CREATE INDEX %I ON embed.%I USING hnsw (vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 100)',
                       copied || '_hnsw', copied);
    END IF;
    PERFORM embed.equip_leaf(copy_days.parent, copied);
    RETURN copied;
END $$;

-- Puts the copy in the place of the days, if it still holds what they hold. Searches and writers wait for it, a second for a
-- million rows. Returns whether it did; else the copy is thrown away, to be made again.
CREATE FUNCTION embed.merge_days(parent text, first_day date, until_day date, seconds real)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
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

-- Takes a table for itself. Asks for it again and again rather than for long, since searches queue behind who waits.
CREATE FUNCTION embed.lock_whole(parent text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog SET lock_timeout = '300ms' AS $$
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

-- Lets go of a day: its vectors, codes, attributes, indexes and counts, of all tenants. A day in a part is deleted there,
-- and the last one takes the part with it. Returns how many vectors went.
CREATE OR REPLACE FUNCTION embed.drop_day(day date)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '10s' AS $$
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

-- Days before a date that hold anything, or have a partition of their own, the oldest first.
CREATE OR REPLACE FUNCTION embed.days_before(limit_day date)
    RETURNS SETOF date
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT d.day
      FROM (SELECT d.day, count(*) OVER (PARTITION BY d.parent, d.part) AS shared FROM embed.days d) d
     WHERE d.day < limit_day
       AND (d.shared = 1 OR EXISTS (SELECT FROM embed.vector_counts c WHERE c.day = d.day AND c.axis = 'class' AND c.rows > 0))
     ORDER BY d.day
$$;

REVOKE EXECUTE ON FUNCTION embed.leaf_of, embed.equip_leaf, embed.next_to_merge, embed.rows_of, embed.copy_days, embed.merge_days,
    embed.lock_whole FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.leaf_of, embed.next_to_merge, embed.copy_days, embed.merge_days TO sightline_embed;

-- Attributes -------------------------------------------------------------------------------------------------------------

-- As before, and on which camera each track is: by camera and time its vectors are found at once, whatever the table is spread by.
DROP FUNCTION embed.tracks_with(integer[], timestamptz, timestamptz, bigint);
CREATE FUNCTION embed.tracks_with(likely integer[], from_time timestamptz, until_time timestamptz, most bigint)
    RETURNS TABLE (track_id uuid, camera_id uuid, started_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.track_id, a.camera_id, a.started_at
      FROM embed.attributes a
     WHERE a.tenant_id = public.current_tenant() AND a.likely && tracks_with.likely
       AND a.started_at >= coalesce(from_time, '-infinity') AND a.started_at < coalesce(until_time, 'infinity')
     LIMIT most;
END $$;
REVOKE EXECUTE ON FUNCTION embed.tracks_with FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.tracks_with TO sightline_search;

GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE OR REPLACE VIEW embed.days_read AS SELECT parent, day, rows, sealed_at, part FROM embed.days;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;
