// POST /2018-06-01/runtime/init/error: the runtime could not be started.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
import { typeOfError } from "../failures.ts";
import { type Exchange, type Route, type Session, accept, errorTypeHeader, invalidTransition, refusal } from "./session.ts";

export function initError(session: Session, exchange: Exchange): Route {
  if (session.state !== "starting") return refusal(() => invalidTransition(exchange, session, "InitError"));
  return {
    end(body) {
      if (session.state !== "starting") return invalidTransition(exchange, session, "InitError");
      session.state = "failed";
      accept(exchange);
      session.listener.initError(body, errorTypeHeader(exchange.head) || typeOfError(body));
    },
  };
}
