-- How many events, and how many bytes of them, came for an account or from the webhooks of one user, by the hour.
CREATE TABLE event_usage (
    provider text NOT NULL,
    -- The provider's id of the account, or `user ID` for webhooks with a secret of that user's own.
    source   text NOT NULL,
    hour     timestamptz NOT NULL,
    events   bigint NOT NULL,
    bytes    bigint NOT NULL,
    PRIMARY KEY (provider, source, hour)
);

CREATE INDEX event_usage_age ON event_usage (hour);
ALTER TABLE event_usage ENABLE ROW LEVEL SECURITY;
