// Brings one subscriber its events: collected as it asked, sent in order, tried again while nobody listens, never more than it may have waiting.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-destinations
import { type Socket, connect } from "node:net";
import type { Clock } from "../../../kernel/clock.ts";
import { request } from "../../../kernel/node-http.ts";
import type { Subscription } from "./subscription.ts";

export interface Delivery {
  /** One event as JSON text. */
  add(event: string): void;
  /** The sandbox is frozen: nothing is begun; what is on its way stays so. */
  pause(): void;
  resume(): void;
  /** Sends what there is, now; resolves when it has arrived, or at the deadline (monotonic). */
  flush(deadlineMs: number): Promise<void>;
  close(): void;
}

/** Beside the batch that is on its way, so much may wait, in batches. */
const BATCHES_WAITING_MAX = 2;
const RETRY_MS = [20, 50, 100, 200, 500];
/** A listener that has not answered by then is taken for dead, and the batch is sent again. */
const ANSWER_MS_MAX = 5000;

interface State {
  events: string[];
  bytes: number;
  dropped: { records: number; bytes: number };
  sending: boolean;
  failures: number;
  paused: boolean;
  closed: boolean;
  urgent: boolean;
  cancelTimer: (() => void) | undefined;
  /** flush() waits for silence. */
  quiet: (() => void)[];
  socket: Socket | undefined;
}

export function openDelivery(options: { subscription: Subscription; host: string; clock: Clock; droppedEvent(dropped: { records: number; bytes: number }): string }): Delivery {
  const { subscription, host, clock, droppedEvent } = options;
  const { buffering, destination } = subscription;
  const state: State = { events: [], bytes: 0, dropped: { records: 0, bytes: 0 }, sending: false, failures: 0, paused: false, closed: false, urgent: false, cancelTimer: undefined, quiet: [], socket: undefined };
  const send = (events: string[]): Promise<void> => (destination.protocol === "HTTP" ? post(clock, host, destination, events) : write(state, host, destination.port, events));

  const full = () => state.events.length >= buffering.maxItems || state.bytes >= buffering.maxBytes;
  const silent = () => { for (const done of state.quiet.splice(0)) done(); };

  function wake(afterMs: number): void {
    state.cancelTimer ??= clock.after(afterMs, () => { state.cancelTimer = undefined; void work(); });
  }

  async function work(): Promise<void> {
    if (state.closed || state.paused || state.sending) return;
    if (!state.events.length) return silent();
    state.cancelTimer?.();
    state.cancelTimer = undefined;
    state.sending = true;
    const batch = take(state, buffering);
    const arrived = await send(batch).then(() => true, () => false);
    state.sending = false;
    if (state.closed) return;
    if (!arrived) {
      state.events.unshift(...batch);
      state.bytes += sizeOf(batch);
      return wake(RETRY_MS[Math.min(state.failures++, RETRY_MS.length - 1)]!);
    }
    state.failures = 0;
    if (state.dropped.records) {
      const event = droppedEvent(state.dropped);
      state.events.push(event); // however full it is
      state.bytes += Buffer.byteLength(event);
      state.dropped = { records: 0, bytes: 0 };
    }
    if (!state.events.length) return silent();
    if (full() || state.urgent) return work();
    wake(buffering.timeoutMs);
  }

  function add(event: string): void {
    const bytes = Buffer.byteLength(event);
    if (state.events.length >= BATCHES_WAITING_MAX * buffering.maxItems || state.bytes + bytes > BATCHES_WAITING_MAX * buffering.maxBytes) {
      state.dropped.records++;
      state.dropped.bytes += bytes;
      return;
    }
    state.events.push(event);
    state.bytes += bytes;
    if (state.sending || state.paused || state.failures) return;
    if (full() || state.urgent) void work();
    else wake(buffering.timeoutMs);
  }

  return {
    add,
    pause() { state.paused = true; },
    resume() {
      state.paused = false;
      if (state.events.length && !state.sending) wake(full() ? 0 : buffering.timeoutMs);
    },
    async flush(deadlineMs) {
      state.urgent = true;
      state.paused = false;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), resolve);
        state.quiet.push(() => { cancel(); resolve(); });
        if (!state.sending) void work();
      });
      state.urgent = false;
    },
    close() {
      state.closed = true;
      state.cancelTimer?.();
      state.socket?.destroy();
      state.events = [];
      silent();
    },
  };
}

const sizeOf = (events: string[]): number => events.reduce((sum, event) => sum + Buffer.byteLength(event), 0);

/** As many as one batch may hold, and at least one. */
function take(state: State, { maxItems, maxBytes }: Subscription["buffering"]): string[] {
  let count = 0;
  let bytes = 0;
  while (count < state.events.length && count < maxItems && (count === 0 || bytes < maxBytes)) bytes += Buffer.byteLength(state.events[count++]!);
  state.bytes -= bytes;
  return state.events.splice(0, count);
}

function post(clock: Clock, host: string, { method, port, path }: { method: string; port: number; path: string }, events: string[]): Promise<void> {
  const body = Buffer.from(`[${events.join(",")}]`);
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, agent: false, headers: { "Content-Type": "application/json", "Content-Length": body.byteLength, Host: `sandbox.localdomain:${port}` } }, (answer) => {
      cancel();
      answer.on("error", () => {});
      answer.destroy(); // nothing it says matters
      if (answer.statusCode! < 400) resolve();
      else reject(new Error(`status ${answer.statusCode}`));
    });
    const cancel = clock.after(ANSWER_MS_MAX, () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => { cancel(); reject(error); });
    sent.end(body);
  });
}

/** One connection, kept; newline-delimited. There is no acknowledgement: what the kernel has taken has arrived. */
async function write(state: State, host: string, port: number, events: string[]): Promise<void> {
  if (!state.socket || state.socket.destroyed) {
    state.socket = await new Promise<Socket>((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.on("error", reject).once("connect", () => resolve(socket));
      socket.resume();
    });
    state.socket.unref();
  }
  const { socket } = state;
  await new Promise<void>((resolve, reject) => {
    if (state.closed || !socket.writable) return reject(new Error("closed"));
    // A socket that is destroyed meanwhile calls back, with an error.
    socket.write(`${events.join("\n")}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
