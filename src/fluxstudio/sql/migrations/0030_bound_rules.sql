-- A rule belongs to the connections it was made with: the one it listens to, and the one it acts through.

ALTER TABLE connections ADD CONSTRAINT connections_of_user UNIQUE (id, user_id);

-- Never somebody else's.
ALTER TABLE automations
    ADD COLUMN trigger_connection_id uuid,
    ADD COLUMN action_connection_id uuid,
    ADD FOREIGN KEY (trigger_connection_id, user_id) REFERENCES connections (id, user_id)
        ON DELETE SET NULL (trigger_connection_id),
    ADD FOREIGN KEY (action_connection_id, user_id) REFERENCES connections (id, user_id)
        ON DELETE SET NULL (action_connection_id),
    -- Why nothing could be asked to send it events when it was switched on: {code, message, fix}.
    ADD COLUMN listening_problem jsonb;

CREATE INDEX automations_trigger_connection ON automations (trigger_connection_id) WHERE trigger_connection_id IS NOT NULL;
CREATE INDEX automations_action_connection ON automations (action_connection_id) WHERE action_connection_id IS NOT NULL;

GRANT UPDATE (trigger_connection_id, action_connection_id, listening_problem) ON automations TO fluxstudio_user;

CREATE FUNCTION bind_automation() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

CREATE TRIGGER bound AFTER INSERT ON automation_versions
    FOR EACH ROW EXECUTE FUNCTION bind_automation();

-- Rules of before: the connection they name, else the only one they could mean. Where there are several, nobody
-- can say which was meant, and the rule pauses until its owner chooses.
WITH candidates AS (
    SELECT c.user_id, c.provider,
           count(*) FILTER (WHERE c.is_active) AS live, min(c.id::text) FILTER (WHERE c.is_active) AS one_live,
           count(*) AS all_of_them, min(c.id::text) AS one
    FROM connections c GROUP BY c.user_id, c.provider
), only_one AS (
    SELECT user_id, provider,
           CASE WHEN live = 1 THEN one_live WHEN live = 0 AND all_of_them = 1 THEN one END::uuid AS id
    FROM candidates
), said AS (
    SELECT a.id, a.user_id, split_part(v.definition #>> '{when,event}', '.', 1) AS trigger_provider,
           split_part(v.definition #>> '{do,operation}', '.', 1) AS action_provider,
           v.definition #>> '{when,connection}' AS trigger_named, v.definition #>> '{do,connection}' AS action_named
    FROM automations a JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
)
UPDATE automations a
SET trigger_connection_id = CASE WHEN s.trigger_named IS NULL THEN t.id ELSE (
        SELECT c.id FROM connections c
        WHERE c.id::text = s.trigger_named AND c.user_id = s.user_id AND c.provider = s.trigger_provider
    ) END,
    action_connection_id = CASE WHEN s.action_named IS NULL THEN d.id ELSE (
        SELECT c.id FROM connections c
        WHERE c.id::text = s.action_named AND c.user_id = s.user_id AND c.provider = s.action_provider
    ) END
FROM said s
LEFT JOIN only_one t ON t.user_id = s.user_id AND t.provider = s.trigger_provider
LEFT JOIN only_one d ON d.user_id = s.user_id AND d.provider = s.action_provider
WHERE a.id = s.id;
