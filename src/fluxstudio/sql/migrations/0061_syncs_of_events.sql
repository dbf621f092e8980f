-- Events name a file or a repository, whose syncs they bring forward.

CREATE INDEX design_token_syncs_file ON design_token_syncs (file_key);
CREATE INDEX design_token_syncs_repository ON design_token_syncs (lower(repository));
