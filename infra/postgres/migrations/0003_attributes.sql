-- What a track's crops say of the object: calibrated probabilities of the values of each attribute.

-- How to read the arrays of `embed.attributes`. One row for each network and kind of object it was asked about.
CREATE TABLE embed.attribute_layouts (
    id       smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    weights  text NOT NULL,                     -- which network, as its Triton configuration names it
    layout   text NOT NULL,                     -- contracts.vocabulary.attribute_layout of the groups that mean something
    UNIQUE (weights, layout)
);

-- One row a track. The array holds every value's probability in ten-thousandths, group after group as the layout says:
-- 150 bytes where jsonb with its words takes 1,200, and `probabilities[n]` can be filtered on and indexed.
CREATE TABLE embed.attributes (
    tenant_id      uuid NOT NULL,
    camera_id      uuid NOT NULL,
    recording_id   uuid NOT NULL,
    started_at     timestamptz NOT NULL,        -- of the track; the partition key
    ended_at       timestamptz NOT NULL,
    track_id       uuid NOT NULL,
    object_class   text NOT NULL,
    layout_id      smallint NOT NULL REFERENCES embed.attribute_layouts,
    crops          smallint NOT NULL,           -- how many were looked at
    probabilities  smallint[] NOT NULL,
    PRIMARY KEY (track_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX attributes_camera ON embed.attributes (tenant_id, camera_id, started_at);
CALL public.force_tenant('embed.attributes');
GRANT SELECT, INSERT, UPDATE, DELETE ON embed.attribute_layouts, embed.attributes TO sightline_embed;

-- Makes the partitions of a day (UTC) where they are missing. Safe to call from many workers at once.
CREATE OR REPLACE FUNCTION embed.ensure_day(day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256', 'attributes'] LOOP
        leaf := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        IF to_regclass(format('embed.%I', leaf)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
            EXECUTE format('CREATE TABLE IF NOT EXISTS embed.%I PARTITION OF embed.%I FOR VALUES FROM (%L) TO (%L)',
                           leaf, parent, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
        END IF;
    END LOOP;
END $$;

GRANT SELECT ON embed.attribute_layouts, embed.attributes TO sightline_reader;
GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE VIEW embed.attributes_read AS
    SELECT a.tenant_id, a.camera_id, a.recording_id, a.started_at, a.ended_at, a.track_id, a.object_class, a.crops,
           a.probabilities, l.weights, l.layout
      FROM embed.attributes a JOIN embed.attribute_layouts l ON l.id = a.layout_id;
GRANT SELECT ON embed.attributes_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;
