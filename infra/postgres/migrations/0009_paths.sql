-- What the path of a track says of its movement. A path is ingest.tracks.path: [[seconds since the start, left, top,
-- right, bottom], …], edges in shares of the view. An object stands at the bottom middle of its box. `aspect` is the
-- view's height over its width, so that lengths are in widths of the view whichever way they go.

-- Whether the object stood in a zone at a point of its path.
CREATE FUNCTION search.path_is_in(path jsonb, zone polygon) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(path) AS p (box)
                    WHERE zone @> point(((box->>1)::float8 + (box->>3)::float8) / 2, (box->>4)::float8))
$$;

-- Where it went, from its first point to its last: degrees, 0 to the top of the picture, 90 to the right. NULL where the
-- two are less than a fiftieth of the view's width apart: it stayed.
CREATE FUNCTION search.path_heading(path jsonb, aspect float8) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    WITH ends AS (
        SELECT ((path->-1->>1)::float8 + (path->-1->>3)::float8 - (path->0->>1)::float8 - (path->0->>3)::float8) / 2
                   AS across,
               aspect * ((path->-1->>4)::float8 - (path->0->>4)::float8) AS down)
    SELECT CASE WHEN across * across + down * down >= 0.0004
                THEN (degrees(atan2(across, -down)) + 360)::numeric % 360 END::float8
      FROM ends
$$;

-- How fast it moved on the picture: the length of its way over the time that it took, in widths of the view a second.
-- One point a second, and the last, keep the trembling of boxes out of it. NULL where there are fewer than two.
CREATE FUNCTION search.path_speed(path jsonb, aspect float8) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
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

-- The area of its largest box, in shares of the view's.
CREATE FUNCTION search.path_size(path jsonb) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT max(((box->>3)::float8 - (box->>1)::float8) * ((box->>4)::float8 - (box->>2)::float8))
      FROM jsonb_array_elements(path) AS p (box)
$$;

-- Which arrays of attributes there are, so that a search can say where in them a value is.
GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE VIEW embed.attribute_layouts_read AS SELECT id, weights, layout FROM embed.attribute_layouts;
GRANT SELECT ON embed.attribute_layouts_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;
