// The states of an environment, and which may follow which.
import { assert } from "../kernel/assert.ts";

export type State = "starting" | "ready" | "busy" | "answered" | "dead";

/** Everything else is refused: a runtime cannot talk an environment into a state it may not have. */
const ALLOWED: Record<State, readonly State[]> = {
  starting: ["ready", "dead"],
  ready: ["busy", "dead"],
  busy: ["ready", "answered", "dead"],
  answered: ["ready", "dead"], // has answered; the runtime or an extension has not asked for the next event
  dead: [],
};

export function change(env: { state: State }, to: State): void {
  assert(ALLOWED[env.state].includes(to), `an environment cannot go from ${env.state} to ${to}`);
  env.state = to;
}
