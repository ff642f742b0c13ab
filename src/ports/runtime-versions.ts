// Which interpreters this machine has for a runtime. Implemented by the engine, asked by the Lambda room.

export interface RuntimeVersions {
  /** The version that runs: the pinned one, else the newest. `missing` is a sentence that says what to do. */
  find(runtime: string, pinned?: string): Promise<{ version: string } | { missing: string }>;
  /** Every version that can run it, the one that runs unpinned first. */
  versions(runtime: string): Promise<string[]>;
}
