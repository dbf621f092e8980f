-- A connection as a rule that uses it shows it: whose account, and whether it can be used.
CREATE OR REPLACE FUNCTION bound_connection(connection uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path FROM CURRENT
AS $$
    SELECT jsonb_build_object(
        'id', c.id, 'provider', c.provider, 'account', coalesce(g.account ->> 'name', g.account_id),
        'account_id', g.account_id,
        'status', CASE WHEN NOT c.is_active THEN 'disconnected' WHEN g.status = 'active' THEN 'connected'
                       WHEN g.status = 'released' THEN 'disconnected' ELSE 'reauthorize' END,
        'since', CASE WHEN NOT c.is_active THEN c.disconnected_at ELSE g.problem_since END
    )
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.id = connection
$$;

REVOKE EXECUTE ON FUNCTION bound_connection FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bound_connection TO fluxstudio_user;
