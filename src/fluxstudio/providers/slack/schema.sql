-- Kept lists of a Slack workspace's channels, one for each way of asking.
CREATE OR REPLACE VIEW slack_channels_cache WITH (security_invoker = true) AS
SELECT
    grant_id,
    body AS channels,
    fetched_at AS cached_at,
    fresh_until AS expires_at
FROM provider_cache
WHERE operation = 'slack.channels';

GRANT SELECT ON slack_channels_cache TO fluxstudio_user;
