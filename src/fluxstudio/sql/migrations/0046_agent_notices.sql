-- Where a user wants to be asked about calls of agents, beside the page.

CREATE TABLE agent_notices (
    user_id       uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    connection_id uuid NOT NULL,
    channel       text NOT NULL CHECK (length(channel) BETWEEN 1 AND 200),
    FOREIGN KEY (connection_id, user_id) REFERENCES connections (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_notices_connection ON agent_notices (connection_id);
ALTER TABLE agent_notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON agent_notices TO fluxstudio_user USING (user_id = fluxstudio_user_id());
GRANT SELECT, INSERT, UPDATE (connection_id, channel), DELETE ON agent_notices TO fluxstudio_user;
