// Creating, showing, changing, starting, stopping and deleting pipes. https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_Operations.html
import type * as Sdk from "@aws-sdk/client-pipes";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { alreadyDesired, inTransition, pipeExists, pipeNotFound, tooManyPipes } from "./errors.ts";
import { describePipe, isInTransition, type Pipe, type PipeKey, pipeId, PIPES, shownState } from "./pipe.ts";
import { checkConnected, createdSettings, updatedSettings } from "./settings.ts";
import { addPipe, changePipe } from "./store.ts";
import { checkedTags } from "./tags.ts";

type PipeApi = Pick<Api<typeof Sdk>, "CreatePipe" | "DescribePipe" | "UpdatePipe" | "DeletePipe" | "StartPipe" | "StopPipe">;

/** In a Region. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const PIPES_MAX = 1000;

const keyOf = ({ Name }: { Name: string }, { account, region }: Call): PipeKey => ({ account, region, name: Name });

export function pipeOperations(ports: RoomPorts): PipeApi {
  const { stores, clock, ids } = ports;
  const pipes = stores.documents<Pipe>(PIPES);
  const get = async (key: PipeKey): Promise<Pipe> => {
    const pipe = await pipes.get(pipeId(key));
    if (!pipe) throw pipeNotFound(key.name);
    return pipe;
  };
  /** `to` throws what stands against it. */
  const change = async (key: PipeKey, to: (pipe: Pipe) => Pipe) => {
    const nowMs = Math.floor(clock.now());
    const revision = ids.uuid();
    const changed = await stores.transaction((tx) => changePipe(tx, pipeId(key), (pipe) => ({ ...to(pipe), revision, modifiedMs: nowMs })));
    if (!changed) throw pipeNotFound(key.name);
    return shownState(changed);
  };
  /** To another state than it is to have already. */
  const move = (key: PipeKey, desiredState: "RUNNING" | "STOPPED") => change(key, (pipe) => {
    if (isInTransition(pipe)) throw inTransition(pipe.name, pipe.state);
    if (desiredState === "RUNNING" ? pipe.state === "RUNNING" : pipe.state === "STOPPED") throw alreadyDesired(pipe.name, desiredState);
    return { ...pipe, desiredState, state: desiredState === "RUNNING" ? "STARTING" : "STOPPING" };
  });

  return {
    async CreatePipe(input, call) {
      const key = keyOf(input, call);
      const settings = createdSettings(input);
      const tags = checkedTags({}, input.Tags ?? {});
      await checkConnected(ports, settings, key, call);
      const nowMs = Math.floor(clock.now());
      const pipe: Pipe = { ...settings, ...key, id: ids.uuid(), revision: ids.uuid(), state: "CREATING", tags, createdMs: nowMs, modifiedMs: nowMs };
      await stores.transaction(async (tx) => {
        if (!(await addPipe(tx, pipe))) throw pipeExists(key.name);
        const prefix = pipeId({ ...key, name: "" });
        if ((await tx.documents(PIPES).list({ prefix, limit: PIPES_MAX + 1 })).length > PIPES_MAX) throw tooManyPipes(PIPES_MAX);
      });
      return shownState(pipe);
    },

    DescribePipe: async (input, call) => describePipe(await get(keyOf(input, call))),

    async UpdatePipe(input, call) {
      const key = keyOf(input, call);
      const before = await get(key);
      const settings = updatedSettings(before, input);
      await checkConnected(ports, settings, key, call);
      return change(key, (pipe) => {
        if (isInTransition(pipe)) throw inTransition(pipe.name, pipe.state);
        // Written over by somebody else since it was read: what they said of other members stays.
        const now = pipe.revision === before.revision ? settings : updatedSettings(pipe, input);
        const { id, tags, createdMs, modifiedMs, revision } = pipe;
        return { ...now, ...key, id, tags, createdMs, modifiedMs, revision, state: "UPDATING" };
      });
    },

    /** "DELETED" is what it is to be (documented of DesiredState). */
    DeletePipe: (input, call) => change(keyOf(input, call), (pipe) => ({ ...pipe, state: "DELETING", desiredState: "DELETED" })) as ReturnType<PipeApi["DeletePipe"]>,
    StartPipe: (input, call) => move(keyOf(input, call), "RUNNING"),
    StopPipe: (input, call) => move(keyOf(input, call), "STOPPED"),
  };
}
