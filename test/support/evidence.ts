// What functions say they have done, kept outside of Evoke: it outlives every kill.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface Evidence {
  /** By topic, in the order it was said. */
  said(topic: string): any[];
  /** Source for a Node.js function: `await say(topic, value)`. */
  say: string;
  close(): void;
}

export async function openEvidence(): Promise<Evidence> {
  const topics = new Map<string, unknown[]>();
  const said = (topic: string): unknown[] => {
    if (!topics.has(topic)) topics.set(topic, []);
    return topics.get(topic)!;
  };
  const server = createServer(async (request, response) => {
    try {
      said(request.url!.slice(1)).push(await json(request));
    } catch { /* killed while it said so */ }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    said,
    say: `const say = (topic, value) => new Promise((resolve, reject) => require("node:http").request("${url}/" + topic, { method: "POST", agent: false }, (answer) => answer.resume().on("end", resolve)).on("error", reject).end(JSON.stringify(value)));\n`,
    close: () => { server.close(); server.closeAllConnections(); },
  };
}
