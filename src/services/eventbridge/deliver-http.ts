// To API destinations: a request to somebody else's server. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type { DestinationAnswer } from "../../ports/api-destinations.ts";
import type { RoomPorts } from "../service.ts";
import { type Deliver, never, type Outcome } from "./delivery-outcome.ts";
import { areHeaders } from "./http-parameters.ts";
import { resolved } from "./target-parameters.ts";

export const openDeliverHttp = ({ apiDestinations }: Pick<RoomPorts, "apiDestinations">): Deliver => async ({ target, rule, text }, input) => {
  const parameters = resolved(target.HttpParameters, text);
  if (!areHeaders(parameters?.HeaderParameters ?? {})) return never("INVALID_PARAMETER", "A header made from the event has a character that headers cannot have.");
  return outcomeOf(await apiDestinations.invoke({ arn: target.Arn!, body: input, parameters, roleArn: target.RoleArn ?? rule.roleArn }));
};

/** "Retries requests associated with error codes 401, 407, 409, 429, and 5xx", after what Retry-After says (documented). */
function outcomeOf(answer: DestinationAnswer): Outcome {
  if (answer.kind === "unreachable") return { result: "again", code: answer.isTimeout ? "TIMEOUT" : "CONNECTION_FAILURE", message: answer.message };
  if (answer.kind !== "answered") return never(answer.kind === "missing" ? "NO_RESOURCE" : "NO_PERMISSIONS", answer.message);
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { result: "delivered" };
  const message = `The API destination answered ${status}.`;
  if (![401, 407, 409, 429].includes(status) && status < 500) return never("SDK_CLIENT_ERROR", message);
  const seconds = Number(headers["retry-after"]);
  return { result: "again", code: status === 429 ? "THROTTLING" : "ERROR_FROM_TARGET", message, ...(seconds > 0 && { afterMs: seconds * 1000 }) };
}
