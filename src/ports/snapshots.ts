// Initialising a version when it is published with SnapStart. Implemented by the engine, driven by the Lambda room.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
import type { FunctionVersion } from "./functions.ts";

export interface Snapshots {
  /** Resolves when an environment was initialised up to its snapshot: with why it could not be, or undefined. Rejects when the platform failed. */
  take(version: FunctionVersion): Promise<{ errorType: string; timedOut: boolean } | undefined>;
}
