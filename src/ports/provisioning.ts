// Environments kept initialised for a version: provisioned concurrency. Implemented by the engine, driven by the Lambda room.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
import type { FunctionVersion } from "./functions.ts";

export interface ProvisionedState {
  wanted: number;
  /** Initialised, busy or idle. */
  ready: number;
  /** Why the last environment could not be initialised (FUNCTION_ERROR_INIT_FAILURE …). */
  failure?: string;
}

export interface Provisioning {
  /** How many initialised environments of this version are to be kept; 0 gives them up. Answers at once; `state` tells how far it is. */
  provision(version: FunctionVersion, wanted: number): void;
  state(version: FunctionVersion): ProvisionedState;
  /** Resolves when the state of any version has changed, or with the signal. */
  changed(signal: AbortSignal): Promise<void>;
}
