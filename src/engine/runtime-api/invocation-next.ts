// GET /2018-06-01/runtime/invocation/next: the runtime waits for its next event, as long as it takes.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
import type { RuntimeEvent } from "../link.ts";
import { type Exchange, type Route, type Session, invalidTransition, refusal } from "./session.ts";

export function invocationNext(session: Session, exchange: Exchange): Route {
  const again = session.state === "waiting" && session.waiting?.socket.destroyed; // its client gave up and asks anew
  if (session.state !== "starting" && session.state !== "answered" && !again) return refusal(() => invalidTransition(exchange, session, "Ready"));
  return {
    end() {
      session.state = "waiting";
      session.waiting = exchange;
      if (!again) session.listener.ready();
      else if (session.pending) handOut(session, session.pending);
    },
  };
}

export function handOut(session: Session, event: RuntimeEvent): void {
  const exchange = session.waiting;
  // The client hung up while it waited: the event stays for when it asks again.
  session.pending = !exchange || exchange.socket.destroyed ? event : undefined;
  if (session.pending) return;
  session.requestId = event.requestId;
  session.state = "running";
  session.waiting = undefined;
  exchange?.respondBytes(eventHead(event), event.payload);
}

function eventHead(event: RuntimeEvent): string {
  let head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: ${event.requestId}\r\nLambda-Runtime-Deadline-Ms: ${event.deadlineMs}\r\nLambda-Runtime-Invoked-Function-Arn: ${event.invokedArn}\r\nLambda-Runtime-Trace-Id: ${event.traceId}\r\n`;
  if (event.clientContext !== undefined) head += `Lambda-Runtime-Client-Context: ${headerText(event.clientContext)}\r\n`;
  if (event.cognitoIdentity !== undefined) head += `Lambda-Runtime-Cognito-Identity: ${headerText(event.cognitoIdentity)}\r\n`;
  if (event.tenantId !== undefined) head += `Lambda-Runtime-Aws-Tenant-Id: ${headerText(event.tenantId)}\r\n`;
  return head;
}

/** JSON in a header: everything outside printable ASCII becomes a JSON escape, so the value stays the same JSON. */
function headerText(json: string): string {
  return json.replace(/[\r\n\t]/g, " ").replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
