-- Messages: queues as SQS has them. A queue's order is fixed: its messages are lanes 0 and 1, or 2.
-- lane: 0 standard of no group, 1 standard of a group, 2 fifo. takes: how often received since it was last given back.

CREATE TABLE queue_messages (
  sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue TEXT COLLATE "C" NOT NULL,
  lane BIGINT NOT NULL,
  grp TEXT COLLATE "C",
  sent BIGINT NOT NULL,
  due BIGINT NOT NULL,
  receives BIGINT NOT NULL,
  takes BIGINT NOT NULL,
  first_received BIGINT,
  receipt TEXT,
  body TEXT NOT NULL
);
CREATE INDEX queue_messages_due ON queue_messages (queue, lane, due, sequence, receives);
CREATE INDEX queue_messages_sent ON queue_messages (queue, sent);
CREATE INDEX queue_messages_fair ON queue_messages (queue, grp, due, sequence) WHERE lane = 1;
CREATE INDEX queue_messages_fifo ON queue_messages (queue, grp, sequence) WHERE lane = 2;

-- A group that holds anything, in order of beginning to. due: when something of it can be received next.
-- standard: held is how many are received, noisy 1 when that is more than its share.
CREATE TABLE queue_groups (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue TEXT COLLATE "C" NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  items BIGINT NOT NULL,
  due BIGINT NOT NULL,
  held BIGINT NOT NULL,
  noisy BIGINT NOT NULL
);
CREATE UNIQUE INDEX queue_groups_name ON queue_groups (queue, grp);
CREATE INDEX queue_groups_due ON queue_groups (queue, noisy, due, position);

-- How many messages a queue has, as a sum of rows: who writes takes one that nobody else is writing to.
CREATE TABLE queue_counts (
  part BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue TEXT COLLATE "C" NOT NULL,
  items BIGINT NOT NULL,
  held BIGINT NOT NULL
);
CREATE INDEX queue_counts_queue ON queue_counts (queue);

CREATE TABLE queue_duplicates (
  queue TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  until BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (queue, key)
);
CREATE INDEX queue_duplicates_until ON queue_duplicates (queue, until);
