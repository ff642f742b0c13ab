// What may be subscribed: the form of an endpoint for each protocol, and whether whoever subscribes it must show that it is theirs. No I/O.
// https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
import { type Arn, parseArn } from "../../kernel/arn.ts";
import { badEndpoint, badSmsEndpoint, endpointMismatch, fifoQueueOnStandard, noEndpoint, protocolOfFifo, unknownProtocol } from "./errors.ts";
import { type Protocol, PROTOCOLS } from "./subscription.ts";
import type { Topic } from "./topic.ts";

const ENDPOINT_LENGTH_MAX = 2048;

export function checkedProtocol(protocol: string, topic: Topic): Protocol {
  const known = PROTOCOLS.find((one) => one === protocol);
  if (!known) throw unknownProtocol(protocol);
  if (topic.fifo && known !== "sqs") throw protocolOfFifo(protocol);
  return known;
}

/** The endpoint as it is kept. Throws InvalidParameter. */
export function checkedEndpoint(protocol: Protocol, endpoint: string | undefined, topic: Topic): string {
  if (!endpoint || endpoint.length > ENDPOINT_LENGTH_MAX) throw noEndpoint();
  switch (protocol) {
    case "http": case "https":
      if (!endpoint.startsWith(`${protocol}://`) || !URL.canParse(endpoint)) throw endpointMismatch();
      return endpoint;
    case "email": case "email-json":
      if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(endpoint)) throw badEndpoint(protocol);
      return endpoint;
    case "sms":
      return phoneNumberOf(endpoint);
    case "sqs":
      if (parseArn(endpoint)?.service !== "sqs") throw badEndpoint(protocol);
      if (endpoint.endsWith(".fifo") && !topic.fifo) throw fifoQueueOnStandard();
      return endpoint;
    case "lambda":
      if (!isFunction(parseArn(endpoint))) throw badEndpoint(protocol);
      return endpoint;
    case "firehose":
      if (parseArn(endpoint)?.service !== "firehose") throw badEndpoint(protocol);
      return endpoint;
    case "application": {
      const arn = parseArn(endpoint);
      if (arn?.service !== "sns" || !/^endpoint\/[^/]+\/[^/]+\/[^/]+$/.test(arn.resource)) throw badEndpoint(protocol);
      return endpoint;
    }
  }
}

const isFunction = (arn: Arn | undefined): boolean => arn?.service === "lambda" && /^function:[\w-]+(:[\w$-]+)?$/.test(arn.resource);

/** Digits with single separators between them, as "+12/34-567.890" (recorded). */
function phoneNumberOf(text: string): string {
  const digits = text.replace(/[-/. ]/g, "").replace(/^\+/, "");
  if (!/^\+?\d+([-/. ]\d+)*$/.test(text) || !/^[1-9]\d{1,14}$/.test(digits)) throw badSmsEndpoint(text);
  return `+${digits}`;
}

/**
 * HTTP endpoints and mailboxes show by a token that they want the messages, and so do resources of another account than the
 * subscriber's: https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
 */
export function mustConfirm(protocol: Protocol, endpoint: string, subscriber: string): boolean {
  if (protocol === "sms") return false;
  const arn = parseArn(endpoint);
  return arn && !["http", "https", "email", "email-json"].includes(protocol) ? arn.account !== subscriber : true;
}
