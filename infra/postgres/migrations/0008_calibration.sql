-- What the scores of searches mean, and what was stored when a search was first asked.

-- For a hit's score in a space, for a kind of query: the probability that it is right is
-- 1 / (1 + exp(-(slope * score + intercept))). Of the weights, so the same for all tenants.
CREATE TABLE search.calibrations (
    space        text NOT NULL,                 -- the model's own name for it (embed.spaces.name)
    asked        text NOT NULL CHECK (asked IN ('text', 'picture', 'track')),
    slope        double precision NOT NULL,
    intercept    double precision NOT NULL,
    pairs        integer NOT NULL,              -- hits whose rightness was known
    right_share  double precision NOT NULL,     -- of them that were right
    error        double precision NOT NULL,     -- expected calibration error on queries that it was not fitted to
    brier        double precision NOT NULL,     -- Brier score on the same
    source       text NOT NULL,                 -- what the pairs were of
    fitted_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (space, asked)
);
GRANT SELECT ON search.calibrations TO sightline_search, sightline_reader;

-- Which transaction stored a vector: `pg_visible_in_snapshot` tells what was there when the first page was asked for,
-- exactly, which a time of storing cannot, as transactions end in another order than they begin.
ALTER TABLE embed.semantic_384 ADD COLUMN stored_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE embed.semantic_768 ADD COLUMN stored_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE embed.appearance_256 ADD COLUMN stored_in xid8 NOT NULL DEFAULT pg_current_xact_id();

GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE OR REPLACE VIEW embed.semantic_384_read AS SELECT * FROM embed.semantic_384;
CREATE OR REPLACE VIEW embed.semantic_768_read AS SELECT * FROM embed.semantic_768;
CREATE OR REPLACE VIEW embed.appearance_256_read AS SELECT * FROM embed.appearance_256;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;

-- python -m bench.quality.calibration
INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)
VALUES ('tiny-semantic-2', 'text', 11.3283, -5.8590, 2560, 0.2773, 0.0345, 0.1559,
        'rendered sites 91001, 91002, the first 20 hits of each query');
INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)
VALUES ('tiny-appearance-1', 'track', 27.1126, -26.4622, 1800, 0.0500, 0.0112, 0.0320,
        'rendered sites 91001, 91002, the first 20 hits of each query');
INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)
VALUES ('tiny-appearance-1', 'picture', 21.3031, -20.7722, 1800, 0.0489, 0.0135, 0.0328,
        'rendered sites 91001, 91002, the first 20 hits of each query');
INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)
VALUES ('tiny-appearance-2', 'track', 22.9464, -19.5576, 1800, 0.0500, 0.0098, 0.0300,
        'rendered sites 91001, 91002, the first 20 hits of each query');
INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)
VALUES ('tiny-appearance-2', 'picture', 19.4047, -15.9206, 1800, 0.0500, 0.0076, 0.0333,
        'rendered sites 91001, 91002, the first 20 hits of each query');
