// The Runtime API address that managed runtimes see. They speak frames with the engine; this one answers `ping` and refuses the rest.
import type { RuntimeApi } from "./server.ts";

export interface ManagedRuntimeApi {
  /** host:port; listening begins with the first use. */
  address(): Promise<string>;
  close(): void;
}

export function openManagedRuntimeApi(): ManagedRuntimeApi {
  let api: Promise<RuntimeApi> | undefined;
  return {
    async address() {
      api ??= import("./server.ts").then(({ openRuntimeApi }) => openRuntimeApi(undefined)); // read when the first function needs it
      return (await api).address;
    },
    close() { void api?.then((opened) => opened.close()); },
  };
}
