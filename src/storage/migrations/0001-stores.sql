-- The five stores. Written in PostgreSQL's words; sqlite.ts translates the three it does not share.

CREATE TABLE documents (
  kind TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);

-- position is the order of sending. blocked is 1 while an earlier item of the same group is still there.
CREATE TABLE messages (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  due BIGINT NOT NULL,
  blocked BIGINT NOT NULL,
  receives BIGINT NOT NULL,
  receipt TEXT,
  grp TEXT COLLATE "C",
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX messages_id ON messages (queue, id);
CREATE INDEX messages_due ON messages (queue, blocked, due, position);
CREATE INDEX messages_group ON messages (queue, grp, position) WHERE grp IS NOT NULL;

CREATE TABLE message_groups (
  queue TEXT COLLATE "C" NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  items BIGINT NOT NULL,
  PRIMARY KEY (queue, grp)
);

CREATE TABLE logs (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);
CREATE TABLE records (
  log TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (log, seq)
);
CREATE INDEX records_at ON records (log, at, seq);

CREATE TABLE leases (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until BIGINT NOT NULL
);

-- A blob is in body, or in the file of that name; blob_parts are the files where there is no folder.
CREATE TABLE blobs (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  file TEXT,
  body BYTEA
);
-- Files that no blob points at: being written, or replaced and about to be removed.
CREATE TABLE blob_garbage (
  file TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE TABLE blob_parts (
  file TEXT COLLATE "C" NOT NULL,
  part BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (file, part)
);
