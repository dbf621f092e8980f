-- Its body would be checked as the role it runs as, which must not execute it once it is there.
SET LOCAL check_function_bodies = off;

-- Of each question by its place: every connection it may mean, and what is kept for it, as JSON. What the asker
-- has seen already, and which has not changed since, is not sent again. Speaks for the users until the transaction
-- ends.
CREATE OR REPLACE FUNCTION usable_connections(
    users uuid[], providers text[], operations text[], keys bytea[], personal boolean[], connections uuid[],
    accounts text[], seen text[]
) RETURNS TABLE (place bigint, version text, asked_at timestamptz, touch boolean, fresh boolean, found text)
    LANGUAGE plpgsql
    SET role = fluxstudio_user
AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('fluxstudio.user_id', array_to_string(users, ','), true);
    RETURN QUERY
    SELECT a.place, v.version, now(), coalesce(c.last_used_at < now() - interval '30 seconds', true),
           coalesce(k.fresh_until > now(), false),
           CASE WHEN v.version IS DISTINCT FROM a.seen THEN json_build_object(
               'id', c.id, 'grant_id', c.grant_id, 'key', encode(w.key, 'base64'),
               'account_id', g.account_id, 'account', g.account, 'scopes', g.scopes, 'status', g.status,
               'person', c.person, 'settings', s.settings, 'fetched_at', k.fetched_at, 'body', k.body
           )::text END
    FROM unnest(users, providers, operations, keys, personal, connections, accounts, seen)
         WITH ORDINALITY AS a (user_id, provider, operation, key, personal, connection, account, seen, place)
    JOIN connections c ON c.user_id = a.user_id AND c.provider = a.provider AND c.is_active
        AND (a.connection IS NULL OR c.id = a.connection)
    JOIN oauth_tokens g ON g.id = c.grant_id AND (a.account IS NULL OR g.account_id = a.account)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.personal THEN sha256(a.key || convert_to(c.id::text, 'UTF8')) ELSE a.key END AS key
    ) w
    LEFT JOIN oauth_integration_settings s ON s.connection_id = c.id
    LEFT JOIN provider_cache k ON k.grant_id = c.grant_id AND k.operation = a.operation AND k.key = w.key
    -- Whoever changes a row leaves another number in it.
    CROSS JOIN LATERAL (SELECT format('%s %s %s %s %s', c.id, c.xmin, g.xmin, s.xmin, k.xmin) AS version) v
    ORDER BY a.place, c.connected_at, c.id;
END
$$;

REVOKE EXECUTE ON FUNCTION usable_connections FROM PUBLIC;

SET LOCAL check_function_bodies = on;
