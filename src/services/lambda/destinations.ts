// Where the outcome of asynchronous invocations may go, checked before it is kept.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
import { parseArn } from "../../kernel/arn.ts";
import type { RoomPorts } from "../service.ts";
import { deadLetterInvalid, destinationInvalid, destinationIsItself, destinationNotPermitted, destinationsInvalid, notSupported } from "./errors.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { follow } from "./lookup.ts";
import { roleNotPermitted } from "./mappings/mapping-errors.ts";
import { namedByArn } from "./name.ts";

type Ports = Pick<RoomPorts, "stores" | "targets" | "access">;

const NAMES: Record<string, string> = { sqs: "SQS", sns: "SNS", events: "EventBridge", s3: "S3" };

export interface Destinations {
  onSuccessArn?: string | undefined;
  onFailureArn?: string | undefined;
}

/** Throws AWS's refusal; a destination of a service that is not here is refused by name. `functionArn` is unqualified. */
export async function checkDestinations(ports: Ports, { functionArn, roleArn }: { functionArn: string; roleArn: string }, { onSuccessArn, onFailureArn }: Destinations): Promise<void> {
  const possible = (arn: string | undefined, services: string[]) => !arn || (services.includes(parseArn(arn)?.service ?? "") && !arn.endsWith(".fifo"));
  if (!possible(onSuccessArn, ["lambda", "sqs", "sns", "events"]) || !possible(onFailureArn, ["lambda", "sqs", "sns", "events", "s3"])) throw destinationsInvalid(onSuccessArn, onFailureArn);
  for (const arn of [onFailureArn, onSuccessArn]) {
    if (!arn) continue;
    const { service } = parseArn(arn)!;
    if (service === "lambda") await checkFunction(ports, functionArn, arn);
    else if (!ports.targets.serves(arn)) throw notSupported(`destinations in ${NAMES[service]}`);
    else if (!(await ports.targets.exists(arn))) throw destinationInvalid(arn);
    await checkSender(ports, roleArn, arn, (action) => destinationNotPermitted(action, arn));
  }
}

async function checkFunction({ stores }: Ports, functionArn: string, destination: string): Promise<void> {
  const named = namedByArn(destination);
  const fn = named && (await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id));
  if (!fn || !(await follow(stores, fn, named.qualifier ?? "$LATEST"))) throw destinationInvalid(destination);
  if (named.arn === functionArn) throw destinationIsItself();
}

const SENDS: Record<string, string> = { sqs: "sqs:SendMessage", sns: "sns:Publish", lambda: "lambda:InvokeFunction", events: "events:PutEvents" };

/** What a role needs. In a bucket everything: "only if the role may write the whole bucket and list it", as users of AWS say, and one permitted under aws/lambda/ only is refused. */
const needed = (arn: string): { action: string; resource: string }[] => {
  const service = parseArn(arn)?.service ?? "";
  return service === "s3" ? [{ action: "s3:PutObject", resource: `${arn}/*` }, { action: "s3:ListBucket", resource: arn }] : [{ action: SENDS[service]!, resource: arn }];
};

/** `enforce` refuses a role that may not send there, `audit` has it logged. */
export async function checkSender({ access }: Pick<RoomPorts, "access">, roleArn: string, arn: string, refusal: (action: string) => Error): Promise<void> {
  if (access.mode === "off") return;
  for (const asked of needed(arn)) {
    const question = { actor: { roleArn }, ...asked };
    if (access.mode === "audit") await access.check(question);
    else if (!(await access.decide(question)).allowed) throw refusal(asked.action);
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq; the refusal is in the words that users report (elastic/beats#13963). */
export async function checkDeadLetterTarget(ports: Pick<RoomPorts, "targets" | "access">, arn: string | undefined, roleArn: string): Promise<void> {
  if (!arn) return;
  const service = parseArn(arn)?.service ?? "";
  if (!["sqs", "sns"].includes(service) || arn.endsWith(".fifo")) throw deadLetterInvalid(arn);
  if (!ports.targets.serves(arn)) throw notSupported(`dead-letter targets in ${NAMES[service]}`);
  if (!(await ports.targets.exists(arn))) throw deadLetterInvalid(arn);
  await checkSender(ports, roleArn, arn, (action) => roleNotPermitted(action, NAMES[service]!));
}
