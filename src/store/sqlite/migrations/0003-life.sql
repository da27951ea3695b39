-- What people decide about a tool as a whole. `current_state` says `disabled` for a disabled one: search excludes it.
ALTER TABLE tool ADD COLUMN pinned_version INTEGER;
ALTER TABLE tool ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tool ADD COLUMN annotation TEXT NOT NULL DEFAULT '';

-- The last use (`tool_use.id`) before the state was set by anything but outcomes: what lies before is not judged again.
ALTER TABLE tool_version ADD COLUMN counted_after INTEGER NOT NULL DEFAULT 0;
-- From the body's provenance: the ledger sums them up.
ALTER TABLE tool_version ADD COLUMN made_tokens REAL NOT NULL DEFAULT 0;
ALTER TABLE tool_version ADD COLUMN made_cost_usd REAL;
UPDATE tool_version SET
  made_tokens = coalesce(json_extract(body, '$.provenance.tokens'), 0),
  made_cost_usd = json_extract(body, '$.provenance.costUsd');

-- More than states: current version, pins, notes.
DROP INDEX tool_state_change_version;
ALTER TABLE tool_state_change RENAME TO tool_change;
ALTER TABLE tool_change ADD COLUMN kind TEXT NOT NULL DEFAULT 'state';
ALTER TABLE tool_change ADD COLUMN author TEXT NOT NULL DEFAULT 'handaxe';
CREATE INDEX tool_change_version ON tool_change (tool_id, version);

-- Null for a success.
ALTER TABLE tool_use ADD COLUMN fault TEXT;
ALTER TABLE tool_use ADD COLUMN cost_saved_usd REAL;
ALTER TABLE tool_use ADD COLUMN input_hash TEXT;
UPDATE tool_use SET fault = 'unknown' WHERE outcome <> 'success';

-- Successful calls, kept with consent.
CREATE TABLE tool_call (
  id INTEGER PRIMARY KEY,
  tool_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  input_hash TEXT NOT NULL,
  at TEXT NOT NULL,
  -- JSON
  arguments TEXT NOT NULL,
  value TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  UNIQUE (tool_id, version, input_hash),
  FOREIGN KEY (tool_id, version) REFERENCES tool_version (tool_id, version) ON DELETE CASCADE
) STRICT;
