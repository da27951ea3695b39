CREATE TABLE tool (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  current_version INTEGER NOT NULL,
  -- The state of the current version, once more: search filters thousands of rows by it.
  current_state TEXT NOT NULL
) STRICT;

CREATE TABLE tool_version (
  tool_id INTEGER NOT NULL REFERENCES tool (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  language TEXT NOT NULL,
  summary TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  created_at TEXT NOT NULL,
  -- JSON: what has no column of its own.
  body TEXT NOT NULL,
  PRIMARY KEY (tool_id, version)
) STRICT;

-- Names, not ids: a tool may be removed by force while others import it.
CREATE TABLE tool_pin (
  tool_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  imported_name TEXT NOT NULL,
  imported_version INTEGER NOT NULL,
  PRIMARY KEY (tool_id, version, imported_name),
  FOREIGN KEY (tool_id, version) REFERENCES tool_version (tool_id, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX tool_pin_imported ON tool_pin (imported_name);

CREATE TABLE tool_state_change (
  id INTEGER PRIMARY KEY,
  tool_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  at TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  FOREIGN KEY (tool_id, version) REFERENCES tool_version (tool_id, version) ON DELETE CASCADE
) STRICT;

CREATE INDEX tool_state_change_version ON tool_state_change (tool_id, version);

CREATE TABLE tool_use (
  id INTEGER PRIMARY KEY,
  tool_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  run_id TEXT,
  at TEXT NOT NULL,
  outcome TEXT NOT NULL,
  cause TEXT NOT NULL,
  wall_ms REAL NOT NULL,
  reused INTEGER NOT NULL,
  tokens_saved REAL NOT NULL,
  FOREIGN KEY (tool_id, version) REFERENCES tool_version (tool_id, version) ON DELETE CASCADE
) STRICT;

CREATE INDEX tool_use_version ON tool_use (tool_id, version);

CREATE INDEX tool_current_state ON tool (current_state);

-- What search looks at: the stems of the current version, one line for each field of tool_index.
CREATE TABLE tool_text (
  tool_id INTEGER PRIMARY KEY REFERENCES tool (id) ON DELETE CASCADE,
  stems TEXT NOT NULL
) STRICT;

-- The row id is the tool's id; the text itself lies in tool_text, where it is read in one piece.
-- Marks (category M) are part of words: without them Devanagari and Thai words fall apart.
CREATE VIRTUAL TABLE tool_index USING fts5 (
  name, description, parameters, details, choices, "returns", requests, code,
  content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);

-- Counted along with tool_index, because FTS5 can only tell these by reading whole posting lists.
CREATE TABLE index_stem (
  stem TEXT PRIMARY KEY,
  tools INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many stems the field has in all, and how many tools have it at all.
CREATE TABLE index_length (
  field TEXT PRIMARY KEY,
  stems INTEGER NOT NULL,
  tools INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  run_id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  -- JSON: what has no column of its own.
  body TEXT NOT NULL,
  result TEXT
) STRICT;

CREATE INDEX run_started ON run (started_at, run_id);

CREATE TABLE run_event (
  run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
) STRICT;
