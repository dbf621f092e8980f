-- What a rule has started lately is counted for each event that it is meant for, however much it has ever started.
CREATE INDEX automation_runs_lately ON automation_runs (automation_id, created_at);
