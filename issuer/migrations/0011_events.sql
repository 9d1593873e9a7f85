-- Endpoints of events: whoever wants to know what happens here, by signed requests.
CREATE TABLE hooks (
    id               TEXT   NOT NULL PRIMARY KEY,
    url              TEXT   NOT NULL,
    description      TEXT,
    events           TEXT   NOT NULL,  -- names, each with a space on both sides; '*': every event
    secret           TEXT   NOT NULL,  -- wrapped by the master key
    old_secret       TEXT,             -- the one before, likewise
    old_secret_until BIGINT,           -- until then both sign
    disabled_at      BIGINT,
    created_at       BIGINT NOT NULL
);

-- What happened, as it is sent; written in the transaction of what happened, while somebody listens.
CREATE TABLE events (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    occurred_at BIGINT NOT NULL
);

-- Where each sequence of events has got to: those of one user are sent in order.
CREATE TABLE event_streams (
    name       TEXT   NOT NULL PRIMARY KEY,  -- as the audit log names subjects: 'user:<uuid>'
    position   BIGINT NOT NULL,
    emitted_at BIGINT NOT NULL
);
CREATE INDEX event_streams_emitted_at ON event_streams (emitted_at);

-- An event on its way to an endpoint.
CREATE TABLE deliveries (
    event       TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    endpoint    TEXT   NOT NULL,  -- a hook's id, or 'amqp'
    stream      TEXT   NOT NULL,
    position    BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    give_up_at  BIGINT NOT NULL,
    status      BIGINT,           -- of the last answer
    error       TEXT,             -- what became of the last attempt
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (event, endpoint)
);
CREATE INDEX deliveries_due ON deliveries (endpoint, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_order ON deliveries (endpoint, stream, position) WHERE state = 'waiting';
CREATE INDEX deliveries_listed ON deliveries (endpoint, created_at, event);
CREATE INDEX deliveries_ended ON deliveries (state, ended_at);
CREATE INDEX deliveries_stream ON deliveries (stream);

-- Where permissions come from, for services whose provider is asked by HTTP.
ALTER TABLE services ADD COLUMN provider_settings TEXT;          -- a JSON object
ALTER TABLE services ADD COLUMN provider_secret TEXT;            -- wrapped by the master key
ALTER TABLE services ADD COLUMN provider_old_secret TEXT;
ALTER TABLE services ADD COLUMN provider_old_secret_until BIGINT;

-- In which language a mail is written, and how it ended.
ALTER TABLE mails ADD COLUMN language TEXT;
ALTER TABLE mails ADD COLUMN reply BIGINT;     -- the server's code, where it refused
ALTER TABLE mails ADD COLUMN ended_at BIGINT;
