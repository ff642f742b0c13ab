// Replays: what an archive holds of a time, put on its bus again. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import { formatArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Received, Stores, Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { workThrough } from "../queue-worker.ts";
import { type Archive, archiveId, archiveKeyOf, ARCHIVES } from "./archive.ts";
import { arrivalSend } from "./arriving.ts";
import { busArn, busKeyOf, findBus } from "./bus.ts";
import { busNotFound, oneFilterOnly, replayBackwards, replayElsewhere, replayExists, replayFromNowhere, replayIsOver, replayNotFound, replayToNoBus, replayToNoRule, tooMany } from "./errors.ts";
import { pageOf } from "./page.ts";
import { ruleKeyOf } from "./rule.ts";

type ReplayApi = Pick<Api<typeof Sdk>, "StartReplay" | "DescribeReplay" | "ListReplays" | "CancelReplay">;
type State = "STARTING" | "RUNNING" | "CANCELLING" | "COMPLETED" | "CANCELLED" | "FAILED";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
const REPLAYS = "events/replay";
const WORK = "events/replays";
/** Of one account at once (recorded: the eleventh is refused). https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const RUNNING_MAX = 10;
/** "Replays are deleted after 90 days" (eb-replay-archived-event); so long they are listed. */
const KEPT_MS = 90 * 86_400_000;
const AT_ONCE = 4;
/** Each up to a megabyte. */
const BATCH = 20;

interface Replay {
  account: string;
  region: string;
  name: string;
  description?: string;
  archiveArn: string;
  log: string;
  destinationArn: string;
  filterArns?: string[];
  /** Of events' own times, both included. */
  fromMs: number;
  untilMs: number;
  state: State;
  reason?: string;
  startedMs: number;
  endedMs?: number;
  lastEventMs?: number;
  /** The last record of the archive that was looked at. */
  position: number;
}

const replayId = ({ account, region, name }: Pick<Replay, "account" | "region" | "name">): string => `${account}/${region}/${name}`;
const replayArn = ({ account, region, name }: Pick<Replay, "account" | "region" | "name">): string => formatArn("events", region, account, `replay/${name}`);
const isOver = ({ state }: Replay): boolean => state === "COMPLETED" || state === "CANCELLED" || state === "FAILED";

export function replayOperations({ stores, clock }: Pick<RoomPorts, "stores" | "clock">): ReplayApi {
  const replays = stores.documents<Replay>(REPLAYS);
  return {
    async StartReplay(input, call) {
      const replay = await wantedReplay(stores, input, call, clock.now());
      await stores.transaction((tx) => start(tx, replay));
      return { ReplayArn: replayArn(replay), State: "STARTING", ReplayStartTime: new Date(replay.startedMs) };
    },

    async DescribeReplay({ ReplayName }, { account, region }) {
      const replay = await replays.get(replayId({ account, region, name: ReplayName }));
      if (!replay) throw replayNotFound(ReplayName);
      return {
        ReplayArn: replayArn(replay), ...describe(replay), ...(replay.description !== undefined && { Description: replay.description }),
        Destination: { Arn: replay.destinationArn, ...(replay.filterArns && { FilterArns: replay.filterArns }) },
      };
    },

    async ListReplays({ NamePrefix, EventSourceArn, State: state, NextToken, Limit }, { account, region }) {
      if ([NamePrefix, EventSourceArn, state].filter((filter) => filter !== undefined).length > 1) throw oneFilterOnly("ListReplays");
      const { found, ...next } = await pageOf(replays, `${account}/${region}/${NamePrefix ?? ""}`, { NextToken, Limit }, (replay) => (EventSourceArn ?? replay.archiveArn) === replay.archiveArn && (state ?? replay.state) === replay.state);
      return { Replays: found.map(describe), ...next };
    },

    async CancelReplay({ ReplayName }, { account, region }) {
      const replay = await replays.update(replayId({ account, region, name: ReplayName }), (before) => {
        if (isOver(before) || before.state === "CANCELLING") throw replayIsOver(ReplayName);
        return { ...before, state: "CANCELLING" };
      });
      if (!replay) throw replayNotFound(ReplayName);
      return { ReplayArn: replayArn(replay), State: "CANCELLING" };
    },
  };
}

async function wantedReplay(stores: Stores, input: Parameters<ReplayApi["StartReplay"]>[0], call: Call, nowMs: number): Promise<Replay> {
  const { account, region } = call;
  const { ReplayName: name, Description: description, EventSourceArn, EventStartTime, EventEndTime, Destination } = input;
  const bus = busKeyOf(Destination.Arn!);
  if (!bus) throw replayToNoBus();
  if (bus.account !== account || bus.region !== region) throw replayElsewhere();
  if (!(await findBus(stores, bus))) throw busNotFound(bus.name);
  const key = archiveKeyOf(EventSourceArn);
  const archive = key && key.account === account && key.region === region ? await stores.documents<Archive>(ARCHIVES).get(archiveId(key)) : undefined;
  if (!archive) throw replayFromNowhere(key?.name ?? EventSourceArn);
  if (busArn(archive.bus) !== Destination.Arn) throw replayElsewhere();
  const stranger = Destination.FilterArns?.find((arn) => { const rule = ruleKeyOf(arn); return !rule || busArn(rule.bus) !== Destination.Arn; });
  if (stranger !== undefined) throw replayToNoRule(stranger);
  if (EventEndTime <= EventStartTime) throw replayBackwards();
  return {
    account, region, name, archiveArn: EventSourceArn, log: archive.log, destinationArn: Destination.Arn!, fromMs: EventStartTime.getTime(), untilMs: EventEndTime.getTime(), state: "STARTING", startedMs: nowMs, position: 0,
    ...(description !== undefined && { description }), ...(Destination.FilterArns?.length && { filterArns: Destination.FilterArns }),
  };
}

async function start(tx: Tx, replay: Replay): Promise<void> {
  const replays = tx.documents<Replay>(REPLAYS);
  if (await replays.get(replayId(replay))) throw replayExists(replay.name);
  const all = await replays.list({ prefix: `${replay.account}/${replay.region}/`, limit: 10_000 });
  for (const [id, one] of all) if (one.startedMs < replay.startedMs - KEPT_MS && isOver(one)) await replays.delete(id);
  if (all.filter(([, one]) => !isOver(one)).length >= RUNNING_MAX || all.length === 10_000) throw tooMany();
  await replays.create(replayId(replay), replay);
  await tx.queues.send(WORK, { id: replayId(replay), body: "", dueMs: replay.startedMs });
}

const describe = ({ name, archiveArn, state, reason, fromMs, untilMs, startedMs, endedMs, lastEventMs }: Replay) => ({
  ReplayName: name, EventSourceArn: archiveArn, State: state, EventStartTime: new Date(fromMs), EventEndTime: new Date(untilMs), ReplayStartTime: new Date(startedMs),
  ...(reason !== undefined && { StateReason: reason }), ...(endedMs !== undefined && { ReplayEndTime: new Date(endedMs) }), ...(lastEventMs !== undefined && { EventLastReplayedTime: new Date(lastEventMs) }),
});

/** Batch by batch; each with how far it has come, in one transaction, so that whoever takes it up goes on where the last has ended. */
export function runReplays(ports: Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "lanes">, signal: AbortSignal): Promise<void> {
  return workThrough(ports, WORK, AT_ONCE, async (item) => {
    while (!signal.aborted && !(await replayBatch(ports, item)));
  }, signal);
}

async function replayBatch({ stores, clock, lanes }: Pick<RoomPorts, "stores" | "clock" | "lanes">, { id, receipt }: Received): Promise<boolean> {
  const replay = (await stores.documents<Replay>(REPLAYS).get(id))!;
  const records = replay.state === "CANCELLING" ? [] : await stores.logs.read(replay.log, { after: replay.position, limit: BATCH });
  const chosen = records.map(({ body }) => ({ body, ...JSON.parse(body) as { id: string; time: string } })).filter(({ time }) => Date.parse(time) >= replay.fromMs && Date.parse(time) <= replay.untilMs);
  const isLast = records.length < BATCH;
  const nowMs = clock.now();
  return lanes.transaction(async (tx, send) => {
    // Somebody else has it; what they have sent is not sent again.
    if (isLast ? !(await tx.queues.finish(WORK, id, receipt)) : !(await tx.queues.hide(WORK, id, receipt, nowMs + 6_000))) return true;
    for (const event of chosen) {
      const text = withReplayName(event.body, replay.name);
      await send(arrivalSend({ bus: busKeyOf(replay.destinationArn)!, ingestedMs: nowMs, ...(replay.filterArns && { rules: replay.filterArns }) }, `${event.id} ${replay.name}`, text));
    }
    await tx.documents<Replay>(REPLAYS).update(id, (before) => ({
      ...before, position: records.at(-1)?.seq ?? before.position,
      ...(chosen.length > 0 && { lastEventMs: Math.max(before.lastEventMs ?? 0, ...chosen.map(({ time }) => Date.parse(time))) }),
      ...(isLast ? { state: before.state === "CANCELLING" ? "CANCELLED" : "COMPLETED", endedMs: nowMs } : { state: before.state === "CANCELLING" ? "CANCELLING" : "RUNNING" }),
    }));
    return isLast;
  });
}

/** Before the resources, where AWS has it (recorded). The members before are ours (event.ts), so the first of these texts is the member. */
const withReplayName = (text: string, name: string): string => text.replace(',"resources":', () => `,"replay-name":${JSON.stringify(name)},"resources":`);
