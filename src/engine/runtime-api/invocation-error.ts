// POST /2018-06-01/runtime/invocation/{id}/error: the handler failed; the body goes to the caller byte for byte.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
import { LAMBDA } from "../../kernel/limits.ts";
import { typeOfError } from "../failures.ts";
import { type Exchange, type Route, type Session, accept, errorTypeHeader, invalidRequestId, invalidTransition, refusal, refuse } from "./session.ts";

export function invocationError(session: Session, exchange: Exchange, requestId: string): Route {
  if (requestId !== session.requestId) return refusal(() => invalidRequestId(exchange));
  if (session.state !== "running") return refusal(() => invalidTransition(exchange, session, "InvocationErrorResponse"));
  return {
    end(body) {
      if (session.state !== "running" || session.requestId !== requestId) return invalidTransition(exchange, session, "InvocationErrorResponse");
      session.state = "answered";
      accept(exchange);
      session.listener.error(requestId, body, errorTypeHeader(exchange.head) || typeOfError(body));
    },
    tooLarge() {
      if (session.state === "running") session.state = "answered";
      refuse(exchange, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${LAMBDA.responseBytesMax} bytes).`);
      session.listener.tooLarge(requestId);
    },
  };
}
