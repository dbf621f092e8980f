-- The active connections that an event concerns: those to its account, of people in its audience, and those whose
-- account may see what it is about.
CREATE OR REPLACE FUNCTION concerned_connections(
    the_provider text, the_account text, the_audience text, the_resource text
) RETURNS TABLE (connection_id uuid, user_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT c.id, c.user_id
    FROM oauth_tokens g JOIN connections c ON c.grant_id = g.id
    WHERE c.is_active AND g.provider = the_provider AND g.account_id = the_account
      AND in_audience(the_provider, the_account, c.person, the_audience)
    UNION
    SELECT c.id, c.user_id
    FROM resource_access a
    JOIN oauth_tokens g ON g.provider = a.provider AND g.account_id = a.account_id
    JOIN connections c ON c.grant_id = g.id
    WHERE a.provider = the_provider AND a.resource = the_resource AND a.is_visible
      AND a.checked_at > now() - interval '15 minutes' AND c.is_active
$$;

REVOKE EXECUTE ON FUNCTION concerned_connections FROM PUBLIC;
