-- Connections, runs and approvals announce by themselves what becomes of them, whoever changes them.

CREATE OR REPLACE FUNCTION announce_connection(the_type text, the_connection connections, reason text) RETURNS void
    LANGUAGE sql AS $$
    SELECT announce(
        the_type, g.provider || ':' || g.account_id, the_connection.user_id,
        jsonb_build_object(
            'id', the_connection.id, 'provider', g.provider, 'accountId', g.account_id,
            'accountName', coalesce(g.account ->> 'name', g.account_id),
            'userId', (SELECT u.subject FROM users u WHERE u.id = the_connection.user_id),
            'reason', reason, 'url', '/api/integrations'
        )
    )
    FROM oauth_tokens g WHERE g.id = the_connection.grant_id
$$;

CREATE OR REPLACE FUNCTION announce_connection_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM endpoints WHERE status = 'active') THEN
        RETURN NULL;
    END IF;
    PERFORM announce_connection(CASE WHEN NEW.is_active THEN 'connection.connected' ELSE 'connection.ended' END, NEW, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER announced AFTER INSERT ON connections
    FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION announce_connection_change();
CREATE OR REPLACE TRIGGER announced_change AFTER UPDATE OF is_active ON connections
    FOR EACH ROW WHEN (NEW.is_active <> OLD.is_active) EXECUTE FUNCTION announce_connection_change();

-- A grant that is no longer accepted, or is again. Connections that are made in the same moment announce themselves.
CREATE OR REPLACE FUNCTION announce_grant_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM endpoints WHERE status = 'active') THEN
        RETURN NULL;
    END IF;
    PERFORM announce_connection(
        CASE NEW.status WHEN 'active' THEN 'connection.connected' ELSE 'connection.reauthorization_required' END,
        c, CASE WHEN NEW.status <> 'active' THEN coalesce(NEW.problem ->> 'code', 'refused') END
    )
    FROM connections c WHERE c.grant_id = NEW.id AND c.is_active AND c.connected_at < now();
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER announced AFTER UPDATE OF status ON oauth_tokens
    FOR EACH ROW WHEN (NEW.status <> OLD.status AND (NEW.status = 'reauthorize' OR OLD.status = 'reauthorize' AND NEW.status = 'active'))
    EXECUTE FUNCTION announce_grant_change();

CREATE OR REPLACE FUNCTION announce_run() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM endpoints WHERE status = 'active') THEN
        RETURN NULL;
    END IF;
    PERFORM announce(
        CASE NEW.status WHEN 'done' THEN 'run.finished' ELSE 'run.failed' END,
        (SELECT g.provider || ':' || g.account_id
         FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id WHERE c.id = a.action_connection_id),
        a.user_id,
        jsonb_build_object(
            'id', NEW.id, 'automationId', a.id, 'automationName', a.name, 'eventId', NEW.event_id,
            'userId', (SELECT u.subject FROM users u WHERE u.id = a.user_id),
            'reason', NEW.problem ->> 'code', 'message', left(NEW.problem ->> 'message', 500),
            'finishedAt', utc_text(NEW.finished_at), 'url', '/api/automations/' || a.id || '/runs/' || NEW.id
        )
    )
    FROM automations a WHERE a.id = NEW.automation_id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER announced AFTER UPDATE OF status ON automation_runs
    FOR EACH ROW WHEN (OLD.status = 'queued' AND NEW.status IN ('done', 'failed', 'dead'))
    EXECUTE FUNCTION announce_run();

-- People decide with rights that end at their own rows, and this writes where they have none.
CREATE OR REPLACE FUNCTION announce_approval() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM endpoints WHERE status = 'active') THEN
        RETURN NULL;
    END IF;
    PERFORM announce(
        CASE TG_OP WHEN 'INSERT' THEN 'approval.requested' ELSE 'approval.decided' END,
        (SELECT g.provider || ':' || g.account_id
         FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id WHERE c.id = NEW.connection_id),
        NEW.user_id,
        jsonb_build_object(
            'id', NEW.id, 'agentId', NEW.agent_id, 'agentName', (SELECT name FROM agents WHERE id = NEW.agent_id),
            'connectionId', NEW.connection_id, 'operation', NEW.operation,
            'userId', (SELECT u.subject FROM users u WHERE u.id = NEW.user_id),
            'decision', nullif(NEW.status, 'waiting'), 'expiresAt', utc_text(NEW.expires_at),
            'url', '/api/approvals/' || NEW.id
        )
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER announced AFTER INSERT ON agent_approvals
    FOR EACH ROW EXECUTE FUNCTION announce_approval();
CREATE OR REPLACE TRIGGER announced_decision AFTER UPDATE OF status ON agent_approvals
    FOR EACH ROW WHEN (OLD.status = 'waiting' AND NEW.status IN ('allowed', 'denied', 'expired'))
    EXECUTE FUNCTION announce_approval();

REVOKE EXECUTE ON FUNCTION announce_connection, announce_connection_change, announce_grant_change, announce_run,
    announce_approval FROM PUBLIC;
