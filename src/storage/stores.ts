// The six stores. Every room is written against these types; none of them writes SQL.
// Semantics, limits and traps: README.md in this folder. The suite (stores.test.ts) is the contract.

export interface Documents<T> {
  /** What is read is frozen. */
  get(id: string): Promise<T | undefined>;
  /** As `get`; in a transaction nobody deletes it before that has ended, and `update` waits so long. What belongs to another document holds that one. */
  hold(id: string): Promise<T | undefined>;
  /** False when the id is taken. */
  create(id: string, value: T): Promise<boolean>;
  put(id: string, value: T): Promise<void>;
  /**
   * Reads, changes, writes, as one step. Undefined when there is nothing to change.
   * `change` may run more than once; an error it throws leaves the document as it was.
   */
  update(id: string, change: (value: T) => T): Promise<T | undefined>;
  /** False when there was nothing to delete. */
  delete(id: string): Promise<boolean>;
  /** In byte order of id, from just after `after`. */
  list(options: { prefix?: string; after?: string; limit: number }): Promise<[id: string, value: T][]>;
  count(prefix?: string): Promise<number>;
}

export interface QueueItem {
  id: string;
  body: string;
  /** Not received before this time. */
  dueMs: number;
  /** Items of one group are received in order of sending, one at a time. */
  group?: string;
}

export interface Received {
  id: string;
  receipt: string;
  /** How often it has been received, this time included. */
  receives: number;
  body: string;
  group?: string;
}

export interface Queues {
  /** False when the queue already holds an item of that id. */
  send(queue: string, item: QueueItem): Promise<boolean>;
  receive(queue: string, options: { nowMs: number; limit: number; hiddenUntilMs: number; receipt: string }): Promise<Received[]>;
  /** Of the group of the item held, what is due behind it, in order: at most so many, and so many characters of bodies. They are its holder's until it is finished. */
  behind(queue: string, id: string, options: { nowMs: number; limit: number; charactersMax: number }): Promise<Pick<Received, "id" | "receives" | "body">[]>;
  /** Only the last receiver may finish an item, and with it those `behind` it; false for anyone else. */
  finish(queue: string, id: string, receipt: string, behind?: string[]): Promise<boolean>;
  /** Takes back an item of no group, whoever holds it; false when there is none. */
  cancel(queue: string, id: string): Promise<boolean>;
  /** Only the last receiver may move an item's due time (give back now, or hold longer). */
  hide(queue: string, id: string, receipt: string, dueMs: number): Promise<boolean>;
  /** The time the earliest item falls due, held ones included, those waiting behind one of their group not; undefined when empty. */
  nextDueMs(queue: string): Promise<number | undefined>;
  count(queue: string, nowMs: number): Promise<{ due: number; later: number }>;
  deleteAll(queue: string): Promise<void>;
  /** Names of the queues that hold anything, in byte order, from just after `after`. */
  list(options: { prefix: string; after?: string; limit: number }): Promise<string[]>;
  /**
   * Resolves when something was sent to the queue or given back (by any process), or with the signal; may resolve for
   * nothing. Call it before `receive` and await it after, or what is sent between is missed.
   */
  wait(queue: string, signal: AbortSignal): Promise<void>;
}

export interface Message {
  /** How it is received. One order for all messages of a queue; fifo needs a group. */
  order: "standard" | "fifo";
  body: string;
  /** When it counts as sent; a message that moves between queues keeps it. */
  sentMs: number;
  /** Not received before this time. */
  dueMs: number;
  /** FIFO: order within it. Standard: whose it is, so that receiving can be fair. */
  group?: string;
}

/** The same key once more before its time is over is not sent, and answered as the first was. */
export interface Deduplication {
  key: string;
  nowMs: number;
  untilMs: number;
  /** Given back to those who send the same again. */
  answer: string;
}

export interface ReceivedMessage {
  /** Rises with the order of sending, in all queues. With the receipt it names what was received. */
  sequence: number;
  receipt: string;
  /** This time included. */
  receives: number;
  firstReceivedMs: number;
  sentMs: number;
  group?: string;
  body: string;
}

export interface MessageCounts {
  /** Could be received now (FIFO: were their groups free). */
  visible: number;
  /** Received, and hidden for now. */
  held: number;
  /** Never received, and not yet due. */
  delayed: number;
}

/** Queues of messages as SQS has them. What a queue holds makes nothing dearer: no cost here grows with it, but of `counts` with what is held and delayed. */
export interface MessageQueues {
  /** What is not sent again answers with the sequence of the first, too. */
  send(queue: string, message: Message, deduplication?: Deduplication): Promise<{ sequence: number; duplicateOf?: string }>;
  /**
   * Hides what it takes until `hiddenUntilMs`.
   * standard: earliest due first. While one group holds far more than its share, messages of others, and of none, come first.
   * fifo: in order of sending within a group, as many of one group as there are, up to the first that is hidden.
   */
  receive(queue: string, options: { order: "standard" | "fifo"; nowMs: number; limit: number; hiddenUntilMs: number; receipt: string }): Promise<ReceivedMessage[]>;
  /** Only the last receiver, whether or not its time is over; false for anyone else. */
  delete(queue: string, sequence: number, receipt: string): Promise<boolean>;
  /** Moves the time it becomes visible; false when it is not held by this receipt at `nowMs`. */
  hide(queue: string, sequence: number, receipt: string, options: { nowMs: number; dueMs: number }): Promise<boolean>;
  /** Whether it is held by this receipt at `nowMs`: "held", "over" (its time is), or undefined (deleted, or received by another). */
  state(queue: string, sequence: number, receipt: string, nowMs: number): Promise<"held" | "over" | undefined>;
  counts(queue: string, nowMs: number): Promise<MessageCounts>;
  /** Removes visible messages sent before this, at most `limit`; returns how many. */
  expire(queue: string, sentBeforeMs: number, nowMs: number, limit: number): Promise<number>;
  /** When the earliest message that is not visible becomes so; undefined when there is none. */
  nextDueMs(queue: string, nowMs: number): Promise<number | undefined>;
  /** When the oldest visible message was sent, roughly; undefined when there is none. */
  oldestSentMs(queue: string, nowMs: number): Promise<number | undefined>;
  /** In steps, so that a million messages do not stand still everybody else. */
  deleteAll(queue: string): Promise<void>;
  /** As of `Queues`. */
  wait(queue: string, signal: AbortSignal): Promise<void>;
}

export interface LogRecord {
  seq: number;
  atMs: number;
  body: string;
}

export interface LogReadOptions {
  /** Records with a larger seq (smaller when `backward`). */
  after?: number;
  fromMs?: number;
  /** Exclusive. */
  untilMs?: number;
  limit: number;
  /** Newest first. */
  backward?: boolean;
}

export interface Logs {
  /** Dense numbers from 1 per log; returns the first of this batch. */
  append(log: string, records: { atMs: number; body: string }[]): Promise<number>;
  read(log: string, options: LogReadOptions): Promise<LogRecord[]>;
  /** Undefined for an empty log. */
  last(log: string): Promise<LogRecord | undefined>;
  /** Deletes records older than `beforeMs`; numbers are never used again. Returns how many. */
  trim(log: string, beforeMs: number): Promise<number>;
  delete(log: string): Promise<void>;
  /** Resolves when something was appended after `seq`, or with the signal. */
  wait(log: string, seq: number, signal: AbortSignal): Promise<void>;
}

export interface Blob {
  key: string;
  sizeBytes: number;
}

export interface Blobs {
  /** Durable when it resolves; nothing of it is visible before. The pieces of a body are the store's once they are given. */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob>;
  /** `end` is exclusive. Undefined when missing. */
  get(key: string, range?: { start: number; end: number }): Promise<Uint8Array | undefined>;
  stream(key: string, range?: { start: number; end: number }): Promise<AsyncIterable<Uint8Array> | undefined>;
  stat(key: string): Promise<Blob | undefined>;
  delete(key: string): Promise<boolean>;
  list(prefix: string): AsyncIterable<Blob>;
}

export interface Leases {
  /** Takes or renews; false when someone else holds it. */
  take(name: string, holder: string, nowMs: number, untilMs: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

/** What can be changed together: everything written through `Tx` becomes visible at once, or not at all. */
export interface Tx {
  documents<T>(kind: string): Documents<T>;
  queues: Omit<Queues, "wait">;
  messages: Omit<MessageQueues, "wait" | "deleteAll">;
  logs: Omit<Logs, "wait">;
  leases: Leases;
}

export interface Stores {
  documents<T>(kind: string): Documents<T>;
  queues: Queues;
  messages: MessageQueues;
  logs: Logs;
  blobs: Blobs;
  leases: Leases;
  /**
   * Await nothing but `tx` inside. An error rolls everything back and is thrown on. No catching of store errors inside. On PostgreSQL `work` may
   * begin again from its first line, when it gave way to another's: what it changes outside of the stores it sets, and neither adds to nor takes from.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Present where only this process has them: rises with everything they are asked for and answer, so that while it stands nobody is at work in them. */
  steps?(): number;
  close(): Promise<void>;
}
