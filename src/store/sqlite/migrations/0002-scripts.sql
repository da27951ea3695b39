-- Programs that solved a request. `id` tells the newest.
CREATE TABLE solved_script (
  id INTEGER PRIMARY KEY,
  script_id TEXT NOT NULL UNIQUE,
  made_into TEXT,
  -- Stems of the request and the goal, separated by single spaces.
  stems TEXT NOT NULL,
  -- JSON: the rest.
  body TEXT NOT NULL
) STRICT;
