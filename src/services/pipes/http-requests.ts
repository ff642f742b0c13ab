// API destinations as enrichments and targets of pipes. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type { PipeTargetHttpParameters } from "@aws-sdk/client-pipes";
import type { RoomPorts } from "../service.ts";
import { parameter, type Transformed } from "./event.ts";
import { StageFailure } from "./failure.ts";
import type { Sent } from "./log-records.ts";
import type { Pipe } from "./pipe.ts";

/** The answer's body. */
export async function requestDestination({ apiDestinations }: Pick<RoomPorts, "apiDestinations">, { roleArn }: Pipe, arn: string, given: PipeTargetHttpParameters | undefined, { text, event }: Transformed, sent: Sent): Promise<string> {
  const values = (of: Record<string, string> = {}): Record<string, string> => Object.fromEntries(Object.entries(of).map(([name, value]) => [name, parameter(value, event) ?? ""]));
  sent.request = text;
  const answer = await apiDestinations.invoke({
    arn, roleArn, body: text,
    parameters: given && { PathParameterValues: given.PathParameterValues?.map((value) => parameter(value, event) ?? ""), HeaderParameters: values(given.HeaderParameters), QueryStringParameters: values(given.QueryStringParameters) },
  });
  if (answer.kind === "unreachable") throw new StageFailure("trouble", answer.message, { status: 500 });
  if (answer.kind !== "answered") throw new StageFailure("failed", answer.message, { exceptionType: answer.kind === "missing" ? "ResourceNotFound" : "AccessDenied" });
  const body = Buffer.from(answer.body).toString();
  sent.response = body;
  const { status } = answer;
  if (status === 429) throw new StageFailure("throttled", `The API destination answered ${status}.`, { status });
  if (status < 200 || status > 299) throw new StageFailure("failed", `The API destination answered ${status}.`, { status });
  return body;
}
