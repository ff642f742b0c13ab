// GET /2018-06-01/runtime/restore/next and POST …/restore/error: a runtime under SnapStart is initialised, waits, and is restored.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html#runtimes-api-restore-next
import { typeOfError } from "../failures.ts";
import { type Exchange, type Route, type Session, accept, errorTypeHeader, invalidTransition, refusal } from "./session.ts";

export function restoreNext(session: Session, exchange: Exchange): Route {
  return {
    end() {
      if (session.state !== "starting" || session.restoring || !session.listener.restoreNext()) return invalidTransition(exchange, session, "Restoring");
      session.restoring = exchange;
    },
  };
}

/** The hooks may run now. */
export function restore(session: Session): void {
  session.restoring?.respond(200, "", "application/json");
}

export function restoreError(session: Session, exchange: Exchange): Route {
  if (session.state !== "starting" || !session.restoring) return refusal(() => invalidTransition(exchange, session, "RestoreError"));
  return {
    end(body) {
      if (session.state !== "starting") return invalidTransition(exchange, session, "RestoreError");
      session.state = "failed";
      accept(exchange);
      session.listener.initError(body, errorTypeHeader(exchange.head) || typeOfError(body));
    },
  };
}
