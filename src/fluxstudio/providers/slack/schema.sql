-- Kept lists of a Slack workspace's channels, one for each way of asking. Private channels are in those that are
-- for one person only.
CREATE OR REPLACE VIEW slack_channels_cache WITH (security_invoker = true) AS
SELECT
    grant_id,
    CASE
        WHEN connection_id IS NULL AND jsonb_typeof(body) = 'array'
        THEN jsonb_path_query_array(body, '$[*] ? (!(@.is_private == true))')
        ELSE body
    END AS channels,
    fetched_at AS cached_at,
    fresh_until AS expires_at
FROM provider_cache
WHERE operation = 'slack.channels';

GRANT SELECT ON slack_channels_cache TO fluxstudio_user;

-- What was kept before answers were for one person only may hold private conversations.
DELETE FROM provider_cache
WHERE connection_id IS NULL AND operation IN ('slack.channel', 'slack.channels', 'slack.history', 'slack.thread');
