// The Runtime API address that managed runtimes see. They speak frames with the engine; this one answers `ping` and refuses the rest.
import { once } from "../../kernel/once.ts";
import type { RuntimeApi } from "./server.ts";

export interface ManagedRuntimeApi {
  /** host:port; listening begins with the first use. */
  address(): Promise<string>;
  close(): void;
}

export function openManagedRuntimeApi(): ManagedRuntimeApi {
  let opened: RuntimeApi | undefined;
  const api = once(async () => (opened = await (await import("./server.ts")).openRuntimeApi(undefined))); // read when the first function needs it
  let isClosed = false;
  return {
    async address() {
      const { address, close } = await api();
      if (isClosed) close();
      return address;
    },
    close() {
      isClosed = true;
      opened?.close();
    },
  };
}
