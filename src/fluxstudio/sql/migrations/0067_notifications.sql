-- What users are told, where, and when not; a column each, so that the database refuses what cannot be followed.

ALTER TABLE user_preferences
    -- Where failing automations tell that have no channel of their own, and where the daily summary goes.
    ADD COLUMN notify_connection_id uuid,
    ADD COLUMN notify_channel text CHECK (length(notify_channel) BETWEEN 1 AND 200),
    ADD COLUMN notify_failures boolean NOT NULL DEFAULT true,
    -- When nobody is told: by the clock of `time_zone`, also over midnight.
    ADD COLUMN quiet_from time,
    ADD COLUMN quiet_until time,
    -- When a summary of the last day is sent, and for which day it was sent last.
    ADD COLUMN digest_at time,
    ADD COLUMN digest_sent_on date,
    -- A zone that there is not makes this an error.
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC' CHECK (timezone(time_zone, timestamptz 'epoch') IS NOT NULL),
    ADD FOREIGN KEY (notify_connection_id, user_id) REFERENCES connections (id, user_id)
        ON DELETE SET NULL (notify_connection_id),
    ADD CONSTRAINT quiet_hours CHECK (
        (quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from IS DISTINCT FROM quiet_until
        OR quiet_from IS NULL AND quiet_until IS NULL
    );

CREATE INDEX user_preferences_digest ON user_preferences (digest_at) WHERE digest_at IS NOT NULL;

GRANT INSERT (notify_connection_id, notify_channel, notify_failures, quiet_from, quiet_until, digest_at, time_zone),
    UPDATE (notify_connection_id, notify_channel, notify_failures, quiet_from, quiet_until, digest_at, time_zone)
    ON user_preferences TO fluxstudio_user;
