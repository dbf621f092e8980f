-- name: checklist_closed
SELECT checklist_closed_at IS NOT NULL FROM user_preferences;

-- name: close_checklist
INSERT INTO user_preferences (user_id, checklist_closed_at)
VALUES (fluxstudio_user_id(), CASE WHEN $1 THEN now() END)
ON CONFLICT (user_id) DO UPDATE SET checklist_closed_at = excluded.checklist_closed_at;
