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
  /**
   * How many initialised environments of this version are to be kept; 0 gives them up. Answers at once; `state` tells how far it is.
   * Of a managed version (`version.managed`) it is `environmentsMin`; its numbers may change under the same revision: the last told hold.
   * One revision that is provisioned while another of the same managed version runs is on trial: both are kept, and the new one takes over with
   * its first invocation, or when the old one is given up. Given up itself (0), it leaves the old one as it was. `state` is that of the revision.
   */
  provision(version: FunctionVersion, wanted: number): void;
  state(version: FunctionVersion): ProvisionedState;
  /** Resolves when the state of any version has changed, or with the signal. */
  changed(signal: AbortSignal): Promise<void>;
}
