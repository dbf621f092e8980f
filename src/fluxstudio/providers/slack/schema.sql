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

CALL make_ask_view('channels', $$
    SELECT DISTINCT ON (h ->> 'id') h ->> 'id' AS id, h ->> 'name' AS name, (h ->> 'is_private')::boolean AS is_private,
           (h ->> 'is_archived')::boolean AS is_archived, (h ->> 'is_member')::boolean AS has_app,
           (h ->> 'num_members')::integer AS members
    FROM provider_cache c, jsonb_array_elements(c.body) h
    WHERE c.operation = 'slack.channels' AND jsonb_typeof(c.body) = 'array'
      AND ('{ask}' = 'ask' OR NOT coalesce((h ->> 'is_private')::boolean, true))
    ORDER BY h ->> 'id', c.fetched_at DESC
$$, '{
    "": "Channels of chat workspaces. Also: channel, room.",
    "has_app": "Whether the app is a member.",
    "members": "How many people are in it. Also: people, size."
}');

CALL make_ask_view('messages', $$
    SELECT e.id, e.payload -> 'event' ->> 'channel' AS channel_id, e.payload -> 'event' ->> 'user' AS author,
           e.payload -> 'event' ->> 'text' AS text, e.received_at AS sent_at
    FROM {ask}.visible_events() e
    WHERE e.provider = 'slack' AND e.event_type LIKE 'message%' AND e.payload -> 'event' ? 'text'
$$, '{
    "": "Messages in chat channels. Also: message, post.",
    "author": "Also: person, sender.",
    "sent_at": "When it was sent. Also: sent, posted, written."
}');
