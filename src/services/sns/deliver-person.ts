// What would leave for a person or a phone is recorded: e-mail, SMS, mobile push.
// https://docs.aws.amazon.com/sns/latest/dg/sns-user-notifications.html
import { parseArn } from "../../kernel/arn.ts";
import type { RoomPorts } from "../service.ts";
import type { Deliver } from "./delivery-outcome.ts";
import { unsubscribeUrl } from "./links.ts";
import { type MessageAttribute, type Published, textFor } from "./message.ts";
import type { Rendering } from "./message-rendering.ts";
import { type OutboxMessage, record } from "./outbox.ts";
import { type Endpoint, findEndpoint } from "./endpoint.ts";
import { isOptedOut } from "./phone-numbers.ts";
import { smsDefaults } from "./sms.ts";

type Ports = Pick<RoomPorts, "stores" | "clock" | "endpointUrl">;
type Recorded = Pick<OutboxMessage, "region" | "messageId" | "attributes">;

export function openDeliverPerson(ports: Ports, rendering: Rendering): Deliver {
  const { stores, clock, endpointUrl } = ports;
  return async (delivery) => {
    const { topic, subscription: { protocol, endpoint, arn, owner }, message } = delivery;
    if (protocol === "application") {
      const found = await findEndpoint(stores, endpoint);
      if (!found || !found.enabled) return { result: "never", statusCode: 400, providerResponse: JSON.stringify({ ErrorMessage: found ? "Endpoint is disabled" : "Endpoint does not exist" }) };
      await record(stores.logs, owner, clock.now(), { ...pushOf(found, message, topic.region), topicArn: topic.arn });
    } else if (protocol === "sms") {
      if (await isOptedOut(stores, owner, topic.region, endpoint)) return { result: "never", statusCode: 400, providerResponse: "Phone number is opted out" };
      await record(stores.logs, owner, clock.now(), { ...smsOf(endpoint, message, topic.region, await smsDefaults(stores, owner, topic.region)), topicArn: topic.arn });
    } else {
      const about = { ...recorded(message, topic.region), topicArn: topic.arn, to: endpoint, links: { unsubscribe: unsubscribeUrl(endpointUrl(), arn) } };
      const mail: OutboxMessage = protocol === "email-json"
        ? { ...about, protocol, subject: "AWS Notification Message", body: await rendering.envelope(delivery) }
        : { ...about, protocol: "email", subject: message.subject ?? "AWS Notification Message", body: textFor(message, protocol) };
      await record(stores.logs, owner, clock.now(), mail);
    }
    return { result: "delivered", statusCode: 200, providerResponse: "Recorded" };
  };
}

/** The platform is in the endpoint's ARN: endpoint/GCM/my-app/UUID. */
export function pushOf({ arn }: Endpoint, message: Published, region: string): OutboxMessage {
  const platform = parseArn(arn)!.resource.split("/")[1]!;
  return { ...recorded(message, region), protocol: "application", to: arn, body: textFor(message, platform), ...(message.subject !== undefined && { subject: message.subject }) };
}

/** `defaults`: the account's settings, as message attributes. */
export function smsOf(to: string, message: Published, region: string, defaults: Record<string, string>): OutboxMessage {
  const { attributes: own, ...about } = recorded(message, region);
  const attributes = { ...defaults, ...own };
  return { ...about, ...(Object.keys(attributes).length > 0 && { attributes }), protocol: "sms", to, body: textFor(message, "sms") };
}

function recorded({ messageId, attributes }: Published, region: string): Recorded {
  const values = Object.entries(attributes).map(([name, { value }]: [string, MessageAttribute]) => [name, value]);
  return { region, messageId, ...(values.length > 0 && { attributes: Object.fromEntries(values) as Record<string, string> }) };
}
