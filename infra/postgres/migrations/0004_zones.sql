-- Zones and lines drawn on cameras' views, rules over them, standing searches; the events and alerts that come of them.
-- What people draw and order is the gateway's; what is found is the search service's.

-- gateway: zones, rules, watches -----------------------------------------------------------------------------------------

CREATE TABLE gateway.zones (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    camera_id     uuid NOT NULL REFERENCES gateway.cameras,
    name          text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('zone', 'line')),  -- contracts.events.ZoneKind
    points        jsonb NOT NULL,               -- [[x, y], …] in shares of the view, 0 to 1, from its top left
    width_metres  double precision CHECK (width_metres > 0),  -- what the view's whole width spans there
    version       integer NOT NULL DEFAULT 1,   -- the ETag
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (camera_id, name)
);
CREATE INDEX zones_listing ON gateway.zones (tenant_id, camera_id, name);
CALL public.force_tenant('gateway.zones');

CREATE TABLE gateway.rules (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    camera_id     uuid NOT NULL REFERENCES gateway.cameras,
    zone_id       uuid REFERENCES gateway.zones,-- NULL: the whole view
    name          text NOT NULL,
    kind          text NOT NULL,                -- contracts.events.EventKind
    parameters    jsonb NOT NULL DEFAULT '{}',  -- contracts.events.RuleParameters
    schedule      jsonb,                        -- contracts.events.Schedule, in the camera's time zone; NULL: always
    armed         boolean NOT NULL DEFAULT false,
    version       integer NOT NULL DEFAULT 1,   -- the ETag
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (camera_id, name)
);
CREATE INDEX rules_listing ON gateway.rules (tenant_id, camera_id, name);
CREATE INDEX rules_zone ON gateway.rules (zone_id);
CALL public.force_tenant('gateway.rules');

CREATE TABLE gateway.watches (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    name          text NOT NULL,
    search        jsonb,                        -- contracts.search.SearchRequest
    asked         jsonb,                        -- the search as it was put, gateway.bodies.search.SearchNew
    rule_id       uuid REFERENCES gateway.rules ON DELETE CASCADE,
    camera_ids    uuid[],                       -- whose footage is watched; NULL: all of the tenant's
    schedule      jsonb,                        -- as a rule's
    muted_until   timestamptz,
    version       integer NOT NULL DEFAULT 1,   -- the ETag
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    CHECK (num_nonnulls(search, rule_id) = 1),
    CHECK ((search IS NULL) = (asked IS NULL))
);
CREATE INDEX watches_rule ON gateway.watches (rule_id);
CALL public.force_tenant('gateway.watches');

-- Who has seen an alert. The alert itself is the search service's.
CREATE TABLE gateway.acknowledgements (
    alert_id   uuid PRIMARY KEY,
    tenant_id  uuid NOT NULL REFERENCES gateway.tenants,
    by_key     text NOT NULL,                   -- the key's name
    at         timestamptz NOT NULL DEFAULT now()
);
CALL public.force_tenant('gateway.acknowledgements');

GRANT SELECT, INSERT, UPDATE, DELETE ON gateway.zones, gateway.rules, gateway.watches TO sightline_gateway;
GRANT SELECT, INSERT ON gateway.acknowledgements TO sightline_gateway;

-- search: events, alerts -------------------------------------------------------------------------------------------------

-- What happened in an armed rule's sense. A row is never changed: where footage, the rule or its zone says otherwise
-- later, the row is superseded, and the event goes on under the same id with the next revision, or is over.
CREATE TABLE search.events (
    id             uuid NOT NULL,
    revision       integer NOT NULL,
    tenant_id      uuid NOT NULL,
    camera_id      uuid NOT NULL,
    rule_id        uuid NOT NULL,
    rule_version   integer NOT NULL,
    zone_id        uuid,
    zone_version   integer,
    kind           text NOT NULL,
    key            text NOT NULL,               -- deterministic: the same event found twice is one
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    track_ids      uuid[] NOT NULL,
    object_class   text,                        -- NULL where several objects make the event
    direction      text,                        -- contracts.events.Direction
    x              double precision NOT NULL,   -- where it began, in shares of the view
    y              double precision NOT NULL,
    measure        double precision,            -- seconds, objects at once or speed, as the kind says
    confidence     double precision NOT NULL,   -- 0 to 1: of the detections behind it
    found_at       timestamptz NOT NULL DEFAULT now(),
    superseded_at  timestamptz,
    PRIMARY KEY (id, revision)
);
CREATE UNIQUE INDEX events_current ON search.events (id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX events_key ON search.events (rule_id, key) WHERE superseded_at IS NULL;
CREATE INDEX events_listing ON search.events (tenant_id, started_at, id) WHERE superseded_at IS NULL;
CREATE INDEX events_rule ON search.events (rule_id, started_at) WHERE superseded_at IS NULL;
CALL public.force_tenant('search.events');

CREATE TABLE search.alerts (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id      uuid NOT NULL,
    watch_id       uuid NOT NULL,
    watch_version  integer NOT NULL,
    camera_id      uuid NOT NULL,
    item_kind      text NOT NULL CHECK (item_kind IN ('track', 'scene', 'event')),
    item_id        uuid NOT NULL,
    started_at     timestamptz NOT NULL,        -- of what was seen
    ended_at       timestamptz NOT NULL,
    hit            jsonb,                       -- contracts.search.Hit; NULL for an event, which is read as it is now
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (watch_id, item_kind, item_id)       -- each once
);
CREATE INDEX alerts_listing ON search.alerts (tenant_id, id DESC);
CALL public.force_tenant('search.alerts');

-- What is to be told to the world outside; whoever delivers marks it. Written with the row that it is about.
CREATE TABLE search.outbox (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL,
    topic         text NOT NULL,                -- 'alert'
    subject_id    uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    delivered_at  timestamptz,
    UNIQUE (topic, subject_id)
);
CREATE INDEX outbox_waiting ON search.outbox (id) WHERE delivered_at IS NULL;
CALL public.force_tenant('search.outbox');

GRANT SELECT, INSERT, UPDATE, DELETE ON search.events, search.alerts, search.outbox TO sightline_search;

-- Views ------------------------------------------------------------------------------------------------------------------

GRANT SELECT ON gateway.zones, gateway.rules, gateway.watches TO sightline_reader;
GRANT SELECT ON search.events, search.alerts, search.outbox TO sightline_reader;
GRANT CREATE ON SCHEMA gateway, search TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE VIEW gateway.zones_read AS
    SELECT id, tenant_id, camera_id, name, kind, points, width_metres, version, updated_at FROM gateway.zones;
CREATE VIEW gateway.rules_read AS
    SELECT id, tenant_id, camera_id, zone_id, name, kind, parameters, schedule, armed, version FROM gateway.rules;
CREATE VIEW gateway.watches_read AS
    SELECT id, tenant_id, name, search, rule_id, camera_ids, schedule, muted_until, version, created_at
      FROM gateway.watches;
CREATE VIEW search.events_read AS
    SELECT id, revision, tenant_id, camera_id, rule_id, rule_version, zone_id, zone_version, kind, key, started_at,
           ended_at, track_ids, object_class, direction, x, y, measure, confidence, found_at, superseded_at
      FROM search.events;
CREATE VIEW search.alerts_read AS
    SELECT id, tenant_id, watch_id, watch_version, camera_id, item_kind, item_id, started_at, ended_at, hit, created_at
      FROM search.alerts;
CREATE VIEW search.outbox_read AS
    SELECT id, tenant_id, topic, subject_id, created_at, delivered_at FROM search.outbox;
GRANT SELECT ON gateway.zones_read, gateway.rules_read, gateway.watches_read, search.events_read, search.alerts_read,
                search.outbox_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA gateway, search FROM sightline_reader;
