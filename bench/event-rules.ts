// How much dearer an event is with a thousand rules on its bus than with one: what finds the rules, alone, and PutEvents to a queue, all of it.
// On its own: node bench/event-rules.ts [--quick]
import { fileURLToPath } from "node:url";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
import { compile } from "../src/patterns/pattern.ts";
import { parseEvent } from "../src/patterns/numbers.ts";
import { ruleIndex } from "../src/services/eventbridge/rule-index.ts";
import { openTestPlatform } from "../test/support/platform.ts";
import type { Row } from "./run.ts";

const RULES = 1000;

/** As many rules of one application ask for one kind of event each; all of one source. */
const patternOf = (n: number): string => JSON.stringify({ source: ["my.app"], "detail-type": [`order-${n}`], detail: { state: ["paid", "sent"], total: [{ numeric: [">", 10] }] } });
const EVENT = JSON.stringify({ version: "0", id: "i", "detail-type": "order-0", source: "my.app", account: "0", time: "t", region: "r", resources: [], detail: { state: "paid", total: 12, items: [{ id: 1 }, { id: 2 }] } });

/** As many rules of objects, each for one folder. */
const folderPatternOf = (n: number): string => JSON.stringify({ source: ["aws.s3"], "detail-type": ["Object Created"], detail: { object: { key: [{ prefix: `uploads/${n}/` }] } } });
const OBJECT_EVENT = JSON.stringify({ version: "0", id: "i", "detail-type": "Object Created", source: "aws.s3", account: "0", time: "t", region: "r", resources: [], detail: { bucket: { name: "b" }, object: { key: "uploads/0/cat.jpg", size: 12 } } });

/** As many rules of amounts, each for its own. */
const amountPatternOf = (n: number): string => JSON.stringify({ source: ["my.app"], "detail-type": ["order"], detail: { total: [{ numeric: [">=", n * 10, "<", n * 10 + 10] }] } });
const AMOUNT_EVENT = JSON.stringify({ version: "0", id: "i", "detail-type": "order", source: "my.app", account: "0", time: "t", region: "r", resources: [], detail: { state: "paid", total: 5 } });

function matchesPerSecond(rules: number, quick: boolean, patternOf: (n: number) => string, event: string): number {
  const index = ruleIndex(Array.from({ length: rules }, (_, n) => ({ value: n, pattern: compile(patternOf(n), "eventbridge") })));
  const count = quick ? 20_000 : 200_000;
  let found = 0;
  const run = () => {
    const start = performance.now();
    for (let n = 0; n < count; n++) found += index.matching(parseEvent(event)).length;
    return count / ((performance.now() - start) / 1000);
  };
  run(); // while its code is optimised
  const rate = run();
  if (found !== 2 * count) throw new Error(`${found} of ${2 * count} were found`);
  return rate;
}

async function eventsPerSecond(rules: number, quick: boolean): Promise<number> {
  const platform = await openTestPlatform();
  const events = new EventBridge(platform.clientConfig);
  const sqs = new SQS(platform.clientConfig);
  try {
    const { QueueUrl } = await sqs.createQueue({ QueueName: "q" });
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
    for (let n = 0; n < rules; n++) await events.putRule({ Name: `r${n}`, EventPattern: patternOf(n) });
    await events.putTargets({ Rule: "r0", Targets: [{ Id: "q", Arn: Attributes!["QueueArn"] }] });
    const calls = quick ? 50 : 300;
    const { "detail-type": DetailType, source: Source, detail } = JSON.parse(EVENT) as { "detail-type": string; source: string; detail: object };
    const Entries = Array.from({ length: 10 }, () => ({ Source, DetailType, Detail: JSON.stringify(detail) }));
    const start = performance.now();
    let left = calls;
    await Promise.all(Array.from({ length: 8 }, async () => { while (left-- > 0) await events.putEvents({ Entries }); }));
    for (;;) {
      const { Attributes: counts } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
      if (Number(counts!["ApproximateNumberOfMessages"]) >= calls * 10) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return (calls * 10) / ((performance.now() - start) / 1000);
  } finally {
    events.destroy();
    sqs.destroy();
    await platform.close();
  }
}

/** What an event costs with a thousand rules, in events with one. */
export async function eventRules(quick: boolean): Promise<Row[]> {
  await eventsPerSecond(1, true); // while its code is optimised
  return [
    row("events matched", matchesPerSecond(1, quick, patternOf, EVENT), matchesPerSecond(RULES, quick, patternOf, EVENT)),
    row("events matched by the beginning of a key", matchesPerSecond(1, quick, folderPatternOf, OBJECT_EVENT), matchesPerSecond(RULES, quick, folderPatternOf, OBJECT_EVENT)),
    row("events matched by a range of numbers", matchesPerSecond(1, quick, amountPatternOf, AMOUNT_EVENT), matchesPerSecond(RULES, quick, amountPatternOf, AMOUNT_EVENT)),
    row("events put and delivered to a queue", await eventsPerSecond(1, quick), await eventsPerSecond(RULES, quick)),
  ];
}

const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString("en")}/s`;

const row = (what: string, one: number, many: number): Row => ({ what: `${what}, ${RULES} rules (floor: 1 rule)`, evoke: perSecond(many), floor: perSecond(one), ratio: (many / one).toFixed(2), bar: "≥ 0.33", met: many * 3 >= one });

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const { what, evoke, floor, ratio, bar } of await eventRules(process.argv.includes("--quick"))) process.stdout.write(`${what}: ${evoke}, ${floor}, ${ratio} (bar ${bar})\n`);
