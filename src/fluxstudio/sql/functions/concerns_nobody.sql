-- Whether an event concerns nobody: no secret of a user's own proves it, nobody is connected to its account, and no
-- connected account was able to see what it is about when that was last asked.
CREATE OR REPLACE FUNCTION concerns_nobody(
    the_provider text, the_account text, the_resource text, the_owner uuid
) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT the_owner IS NULL AND NOT EXISTS (
        SELECT FROM oauth_tokens g JOIN connections c ON c.grant_id = g.id
        WHERE c.is_active AND g.provider = the_provider AND g.account_id = the_account
    ) AND NOT EXISTS (
        SELECT FROM resource_access a
        JOIN oauth_tokens g ON g.provider = a.provider AND g.account_id = a.account_id
        JOIN connections c ON c.grant_id = g.id
        WHERE a.provider = the_provider AND a.resource = the_resource AND a.is_visible AND c.is_active
    )
$$;

REVOKE EXECUTE ON FUNCTION concerns_nobody FROM PUBLIC;
