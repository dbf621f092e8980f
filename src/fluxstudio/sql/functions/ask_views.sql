-- What questions are answered from. Each view is made twice: in `ask` over what row security shows the asker, and in
-- `ask_all` for administrators, over everything but private conversations.

-- Policies call functions that read tables of their own, so events come by a function with the rights of
-- fluxstudio_user, to which its row security applies.
CREATE OR REPLACE FUNCTION ask.visible_events() RETURNS SETOF integration_webhooks
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT * FROM integration_webhooks;
    END;

ALTER FUNCTION ask.visible_events() OWNER TO fluxstudio_user;
REVOKE EXECUTE ON FUNCTION ask.visible_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ask.visible_events() TO fluxstudio_ask;

CREATE OR REPLACE FUNCTION ask_all.visible_events() RETURNS SETOF integration_webhooks
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT * FROM integration_webhooks WHERE audience = '';
    END;

REVOKE EXECUTE ON FUNCTION ask_all.visible_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ask_all.visible_events() TO fluxstudio_ask_all;

-- Make a view in both schemas. In its text, `{ask}` is the schema. Comments say what columns are: `Also:` names them
-- otherwise, `One of:` lists what they hold.
CREATE OR REPLACE PROCEDURE make_ask_view(view_name text, body text, comments jsonb)
    LANGUAGE plpgsql AS $$
DECLARE
    place text;
    entry record;
BEGIN
    FOREACH place IN ARRAY ARRAY['ask', 'ask_all'] LOOP
        EXECUTE format('DROP VIEW IF EXISTS %I.%I', place, view_name);
        EXECUTE format(
            'CREATE VIEW %I.%I WITH (security_barrier = true) AS %s', place, view_name, replace(body, '{ask}', place)
        );
        FOR entry IN SELECT * FROM jsonb_each_text(comments) LOOP
            IF entry.key = '' THEN
                EXECUTE format('COMMENT ON VIEW %I.%I IS %L', place, view_name, entry.value);
            ELSE
                EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', place, view_name, entry.key, entry.value);
            END IF;
        END LOOP;
    END LOOP;
    EXECUTE format('ALTER VIEW ask.%I OWNER TO fluxstudio_user', view_name);
    EXECUTE format('GRANT SELECT ON ask.%I TO fluxstudio_ask', view_name);
    EXECUTE format('GRANT SELECT ON ask_all.%I TO fluxstudio_ask_all', view_name);
END
$$;

REVOKE EXECUTE ON PROCEDURE make_ask_view FROM PUBLIC;

CALL make_ask_view('users', $$
    SELECT id, coalesce(name, email, subject) AS name, email, role, created_at FROM users
$$, '{
    "": "Who uses this installation. Also: person, people, member.",
    "role": "One of: member, admin.",
    "created_at": "When the user came. Also: joined, registered."
}');

CALL make_ask_view('connections', $$
    SELECT c.id, c.user_id, c.provider, g.account ->> 'name' AS account_name,
           CASE WHEN NOT c.is_active THEN 'disconnected' WHEN g.status = 'active' THEN 'connected' ELSE 'expired' END AS status,
           c.connected_at, c.disconnected_at, c.last_used_at
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
$$, '{
    "": "Accounts at providers. Also: integration, account.",
    "account_name": "Also: name, account, workspace.",
    "status": "One of: connected, expired, disconnected.",
    "last_used_at": "When it was used last. Also: used."
}');

CALL make_ask_view('events', $$
    SELECT e.id, e.provider, e.event_type, CASE e.status WHEN 'dead' THEN 'given up' ELSE e.status END AS status,
           e.attempts, e.received_at, e.handled_at, e.size AS size_bytes
    FROM {ask}.visible_events() e
$$, '{
    "": "What providers sent. Also: webhook, webhook event.",
    "event_type": "Also: type, kind.",
    "status": "One of: received, handled, failed, given up.",
    "attempts": "How often it was tried. Also: tries.",
    "received_at": "When it arrived. Also: arrived, happened.",
    "handled_at": "When it was processed. Also: processed."
}');

CALL make_ask_view('rules', $$
    SELECT id, user_id, name, event AS event_type, enabled, paused IS NOT NULL AS paused, created_at, updated_at, next_at
    FROM automations WHERE deleted_at IS NULL
$$, '{
    "": "Automations. Also: automation, workflow.",
    "event_type": "What starts it. Also: trigger.",
    "enabled": "Whether it is on. Also: active, on.",
    "next_at": "When it runs next by its schedule."
}');

CALL make_ask_view('runs', $$
    SELECT r.id, r.automation_id AS rule_id, r.event_id, r.status, r.attempts, r.created_at, r.began_at, r.finished_at,
           extract(epoch FROM r.finished_at - r.began_at)::numeric AS duration_seconds, r.problem ->> 'message' AS problem
    FROM automation_runs r
$$, '{
    "": "Executions of rules. Also: execution, run.",
    "status": "One of: queued, done, failed, dead, skipped.",
    "created_at": "When it was started. Also: started, ran, run.",
    "duration_seconds": "How long it took. Also: duration.",
    "problem": "Why it failed. Also: error, cause."
}');

CALL make_ask_view('attempts', $$
    SELECT id, user_id, provider, started_at, finished_at, outcome, code, cause FROM connect_attempts
$$, '{
    "": "Tries to connect an account. Also: connection attempt, connect attempt.",
    "outcome": "Also: result, status. One of: waiting, connected, declined, failed, abandoned.",
    "code": "Also: error code.",
    "cause": "Also: reason."
}');
