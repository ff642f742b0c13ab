// GET /2018-06-01/runtime/restore/next and POST …/restore/error belong to SnapStart, which is not there: refused by name.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
import { type Exchange, type Route, refusal, refuse } from "./session.ts";

export const restoreNext = (exchange: Exchange): Route =>
  refusal(() => refuse(exchange, 403, "InvalidStateTransition", "This environment was not made from a snapshot: SnapStart is not supported yet"));
