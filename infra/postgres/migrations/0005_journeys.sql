-- Journeys: what was asked and what people said of it. The chain itself is solved anew whenever it is read, for whoever
-- reads and what they may see. Times of ways between cameras: given by people, and learned from footage.

CREATE TABLE search.journeys (
    id               uuid PRIMARY KEY,             -- chosen by whoever asks
    tenant_id        uuid NOT NULL,
    track_id         uuid,                         -- begins with this track …
    picture_key      text,                         -- … or with this uploaded picture
    only_camera_ids  uuid[],                       -- looked for on these cameras; NULL: on all
    from_time        timestamptz NOT NULL,
    until_time       timestamptz NOT NULL,
    asked_by         text NOT NULL,
    asked_at         timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(track_id, picture_key) = 1),
    CHECK (from_time < until_time)
);
CREATE INDEX journeys_listing ON search.journeys (tenant_id, id DESC);
CALL public.force_tenant('search.journeys');

-- Every word that somebody said of a track in a journey; the last one on a track counts. Nothing is ever changed here.
CREATE TABLE search.hop_decisions (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id   uuid NOT NULL,
    journey_id  uuid NOT NULL REFERENCES search.journeys ON DELETE CASCADE,
    track_id    uuid NOT NULL,
    camera_id   uuid NOT NULL,                     -- the track's: who may not see it sees no word on it
    decision    text NOT NULL CHECK (decision IN ('confirm', 'reject', 'withdraw')),  -- contracts.journey.Decision
    decided_by  text NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hop_decisions_journey ON search.hop_decisions (tenant_id, journey_id, id);
CALL public.force_tenant('search.hop_decisions');

CREATE TABLE search.given_transitions (
    tenant_id        uuid NOT NULL,
    from_camera_id   uuid NOT NULL,
    to_camera_id     uuid NOT NULL,
    overlapping      boolean NOT NULL,
    min_seconds      double precision,
    typical_seconds  double precision,
    max_seconds      double precision,
    given_by         text NOT NULL,
    given_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, from_camera_id, to_camera_id),
    CHECK (overlapping OR (0 <= min_seconds AND min_seconds <= typical_seconds AND typical_seconds <= max_seconds
                           AND max_seconds > 0))
);
CALL public.force_tenant('search.given_transitions');

CREATE TABLE search.learned_transitions (
    tenant_id        uuid NOT NULL,
    from_camera_id   uuid NOT NULL,
    to_camera_id     uuid NOT NULL,
    passages         double precision NOT NULL,    -- weighted by how likely they are no chance
    mean             double precision NOT NULL,    -- of the logarithm of their seconds
    variance         double precision NOT NULL,
    together         integer NOT NULL,             -- matches that both cameras saw at once
    PRIMARY KEY (tenant_id, from_camera_id, to_camera_id)
);
CALL public.force_tenant('search.learned_transitions');

-- What a tenant's learned ways are from, and so when they are due again.
CREATE TABLE search.transition_lessons (
    tenant_id   uuid PRIMARY KEY,
    space       text NOT NULL,                     -- embed.spaces.name
    tracks      integer NOT NULL,
    learned_at  timestamptz NOT NULL DEFAULT now()
);
CALL public.force_tenant('search.transition_lessons');

GRANT SELECT, INSERT ON search.journeys, search.hop_decisions TO sightline_search;
GRANT SELECT, INSERT, UPDATE, DELETE ON search.given_transitions, search.learned_transitions, search.transition_lessons TO sightline_search;
