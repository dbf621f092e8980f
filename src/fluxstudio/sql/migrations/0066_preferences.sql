-- What users have chosen for themselves, one row each once they have chosen anything.

CREATE TABLE user_preferences (
    user_id             uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    -- When the first steps on the home page were put away.
    checklist_closed_at timestamptz
);
ALTER TABLE user_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON user_preferences TO fluxstudio_user USING (user_id = fluxstudio_user_id());
GRANT SELECT, INSERT (user_id, checklist_closed_at), UPDATE (checklist_closed_at) ON user_preferences TO fluxstudio_user;
