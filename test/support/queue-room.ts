// The SQS room alone, under a clock that moves when told to, and the calls that every test of it makes.
import { SQS, type Message, type ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import { virtualClock } from "../../src/kernel/clock.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { sqs as service } from "../../src/services/sqs/service.ts";
import { openRoom } from "./room.ts";

export const ACCOUNT = "000000000000";
export const arn = (name: string): string => `arn:aws:sqs:eu-west-1:${ACCOUNT}:${name}`;

export async function openQueueRoom(given: Partial<RoomPorts> = {}) {
  const clock = virtualClock();
  const counted = new Map<string, number>();
  const metrics: RoomPorts["metrics"] = {
    series: ({ name, dimensions }) => (value) => { counted.set(`${name} ${dimensions[0]!["QueueName"]}`, (counted.get(`${name} ${dimensions[0]!["QueueName"]}`) ?? 0) + value); },
    flush: async () => undefined,
  };
  const room = await openRoom(service, { clock, metrics, ...given });
  const sqs = new SQS({ ...room.clientConfig, endpoint: "http://localhost:4566" });
  let made = 0;
  return {
    room, sqs, clock, counted,
    async queue(attributes: Record<string, string> = {}, name = `q${++made}${attributes["FifoQueue"] ? ".fifo" : ""}`): Promise<string> {
      return (await sqs.createQueue({ QueueName: name, Attributes: attributes })).QueueUrl!;
    },
    async receive(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
      return (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
    },
    async bodies(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<string[]> {
      return ((await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? []).map(({ Body }) => Body!);
    },
    close: () => room.close(),
  };
}
