// Reads along what a program under a debugger tells it: is the program stopped? Two protocols: Chrome DevTools over WebSocket (Node.js), DAP (debugpy).
// https://chromedevtools.github.io/devtools-protocol/v8/Debugger/ · https://microsoft.github.io/debug-adapter-protocol/specification
// https://datatracker.ietf.org/doc/html/rfc6455#section-5.2

/** Given every byte from the program to the debugger, in order. */
export type Reader = (chunk: Buffer) => void;

export type Told = "attached" | "stopped" | "running";

/** What says so stands at a message's beginning. */
const BEGINNING_BYTES = 256;
const HEAD_BYTES_MAX = 16 * 1024;

interface Parser {
  /** How many bytes it needs in front of it before it can go on. */
  needs: number;
  /** Takes what it can from the bytes; answers how many it took, and how many of the following are of no interest. */
  take(bytes: Buffer): { took: number; skip: number };
}

/** Feeds a parser; never holds more than one head and the beginning of one message. */
function feed(parser: Parser): Reader {
  let held: Buffer = Buffer.alloc(0);
  let skip = 0;
  return (chunk) => {
    let rest: Buffer = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    for (;;) {
      const skipped = Math.min(skip, rest.length);
      rest = rest.subarray(skipped);
      skip -= skipped;
      if (skip > 0 || rest.length < parser.needs) break;
      const { took, skip: more } = parser.take(rest);
      if (took === 0 && more === 0) break;
      rest = rest.subarray(took);
      skip = more;
    }
    held = rest.length > 2 * HEAD_BYTES_MAX ? Buffer.alloc(0) : Buffer.from(rest);
  };
}

/** Node's inspector answers HTTP (/json/list) until one asks it to become a WebSocket. */
export function devToolsReader(tell: (told: Told) => void): Reader {
  let upgraded = false;
  return feed({
    needs: 2,
    take(bytes) {
      if (upgraded) return takeFrame(bytes, (beginning) => {
        if (beginning.startsWith('{"method":"Debugger.paused"')) tell("stopped");
        else if (beginning.startsWith('{"method":"Debugger.resumed"')) tell("running");
      });
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return { took: 0, skip: 0 };
      const head = bytes.toString("latin1", 0, end);
      if (head.startsWith("HTTP/1.1 101")) {
        upgraded = true;
        tell("attached");
      }
      return { took: end + 4, skip: Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0) };
    },
  });
}

function takeFrame(bytes: Buffer, message: (beginning: string) => void): { took: number; skip: number } {
  const short = bytes[1]! & 0x7f;
  const headBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < headBytes) return { took: 0, skip: 0 };
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const beginning = Math.min(length, BEGINNING_BYTES);
  if (bytes.length < headBytes + beginning) return { took: 0, skip: 0 };
  if ((bytes[0]! & 0x0f) === 1) message(bytes.toString("utf8", headBytes, headBytes + beginning));
  return { took: headBytes + beginning, skip: length - beginning };
}

/** debugpy says "continued" only where nobody has asked it to go on; else the answer to who did says so. */
export function dapReader(tell: (told: Told) => void): Reader {
  return feed({
    needs: 1,
    take(bytes) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return { took: 0, skip: 0 };
      const length = Number(/content-length: *(\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1] ?? 0);
      const beginning = Math.min(length, BEGINNING_BYTES);
      if (bytes.length < end + 4 + beginning) return { took: 0, skip: 0 };
      const text = bytes.toString("utf8", end + 4, end + 4 + beginning);
      if (/"event": ?"initialized"/.test(text)) tell("attached");
      else if (/"event": ?"stopped"/.test(text)) tell("stopped");
      else if (/"event": ?"continued"/.test(text) || (/"type": ?"response"/.test(text) && /"command": ?"(continue|next|stepIn|stepOut|stepBack|goto|disconnect)"/.test(text))) tell("running");
      return { took: end + 4 + beginning, skip: length - beginning };
    },
  });
}
