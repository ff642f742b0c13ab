// Messages as their receivers get them, signed: one signature for all subscriptions that get the same text.
import type { RoomPorts } from "../service.ts";
import type { Delivery } from "./delivery-outcome.ts";
import { unsubscribeUrl } from "./links.ts";
import { envelope, lambdaEvent, type Published, signable, textFor } from "./message.ts";
import type { Sign, Signature, SignatureVersion } from "./signing.ts";
import type { Topic } from "./topic.ts";

export interface Rendering {
  envelope(delivery: Delivery): Promise<string>;
  lambdaEvent(delivery: Delivery): Promise<string>;
}

export const signatureVersionOf = ({ attributes }: Topic): SignatureVersion => (attributes["SignatureVersion"] === "2" ? "2" : "1");

export function openRendering({ endpointUrl }: Pick<RoomPorts, "endpointUrl">, sign: Sign): Rendering {
  const signatures = new WeakMap<Published, Map<string, Promise<Signature>>>();

  const signatureOf = async ({ topic, subscription: { protocol }, message }: Delivery): Promise<Signature | undefined> => {
    if (topic.fifo) return undefined;
    const known = signatures.get(message) ?? new Map<string, Promise<Signature>>();
    signatures.set(message, known);
    const text = textFor(message, protocol);
    const signature = known.get(text) ?? sign(signable(message, protocol), signatureVersionOf(topic));
    known.set(text, signature);
    return signature;
  };
  const endOf = ({ subscription }: Delivery): string => unsubscribeUrl(endpointUrl(), subscription.arn);

  return {
    envelope: async (delivery) => envelope(delivery.message, delivery.subscription.protocol, endOf(delivery), await signatureOf(delivery)),
    lambdaEvent: async (delivery) => lambdaEvent(delivery.message, delivery.subscription.arn, endOf(delivery), await signatureOf(delivery)),
  };
}
