// One room alone: the real SDK client on one side, real stores on the other, the wire layer between, and no socket.
import { Readable } from "node:stream";
import { HttpResponse } from "@smithy/core/transport";
import { policySimulator } from "../../src/access/simulator.ts";
import type { Call } from "../../src/kernel/call.ts";
import { realClock } from "../../src/kernel/clock.ts";
import { ServiceError } from "../../src/kernel/errors.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { openBackground } from "../../src/background.ts";
import type { RoomPorts, Service } from "../../src/services/service.ts";
import { openStores } from "../../src/storage/open.ts";
import { bytesBody, type WireRequest } from "../../src/wire/http.ts";
import { openWireService } from "../../src/wire/wire.ts";
import { beginningAgain } from "./begins-again.ts";
import { scriptedRuntimeVersions } from "./ports.ts";

interface SdkRequest {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

export interface OpenRoom {
  /** Spread into the SDK client's constructor. */
  clientConfig: { region: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: 1; requestHandler: { handle(request: any): Promise<{ response: HttpResponse }> } };
  ports: RoomPorts;
  close(): Promise<void>;
}

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";

/** What `--iam off` is: nothing is refused but what another account owns. */
const NO_POLICIES: RoomPorts["access"] = { mode: "off", decide: async ({ actor, action, resource }) => ({ allowed: false, explicit: false, sentence: `User: ${"arn" in actor ? actor.arn : ""} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`, grant: "" }), check: async () => undefined };

/** A port the room under test does not use may be left out; touching it fails. */
export async function openRoom(service: Service<any>, given: Partial<RoomPorts> = {}): Promise<OpenRoom> {
  const clock = given.clock ?? realClock();
  const ids = given.ids ?? realIds();
  const stores = given.stores ?? beginningAgain(await openStores({ ephemeral: true, clock, log: silentLog }));
  const background = openBackground({ clock, log: silentLog });
  const ports: RoomPorts = { stores, clock, ids, log: silentLog, functions: absent("functions"), directory: absent("directory"), events: absent("events"), targets: absent("targets"), defaultBus: absent("defaultBus"), sources: absent("sources"), lanes: absent("lanes"), outgoingHttp: absent("outgoingHttp"), apiDestinations: absent("apiDestinations"), metrics: absent("metrics"), logs: absent("logs"), access: NO_POLICIES, simulator: policySimulator, provisioning: absent("provisioning"), endpointUrl: () => "http://127.0.0.1:4566", urlAddresses: absent("urlAddresses"), code: absent("code"), images: absent("images"), snapshots: absent("snapshots"), runtimeVersions: scriptedRuntimeVersions(), identity: absent("identity"), objects: absent("objects"), background: background.run, ...given };
  const operations = service.open(ports) as Record<string, (input: object, call: Call) => Promise<object>>;
  const wire = await openWireService(service.client);

  const answer = async (request: WireRequest) => {
    const requestId = ids.uuid();
    try {
      const parsed = await wire.parse(request);
      const operation = operations[parsed.operation];
      if (!operation) throw new ServiceError("NotImplemented", `${parsed.operation} is not served`, { status: 501 });
      const call: Call = {
        account: ACCOUNT, region: REGION, requestId, now: new Date(clock.now()), signal: new AbortController().signal, sourceIp: "127.0.0.1", userAgent: "test", host: request.headers["host"] ?? "",
        principal: { arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, userId: ACCOUNT, accessKeyId: "test", verified: false },
      };
      return await wire.write(parsed, await operation(parsed.input, call), requestId);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return wire.writeError(request, error, requestId);
    }
  };

  return {
    ports,
    clientConfig: {
      region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1,
      requestHandler: {
        async handle(request: SdkRequest) {
          const { status, headers, body } = await answer(toWire(request));
          const stream = typeof body === "string" || body instanceof Uint8Array ? Readable.from(body.length ? [Buffer.from(body)] : []) : Readable.from(body);
          return { response: new HttpResponse({ statusCode: status, headers, body: stream }) };
        },
      },
    },
    async close() {
      await background.close();
      if (!given.stores) await stores.close();
    },
  };
}

function toWire({ method, path, query = {}, headers, body }: SdkRequest): WireRequest {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) for (const one of Array.isArray(value) ? value : [value ?? ""]) search.append(key, one);
  const bytes = body === undefined ? new Uint8Array() : typeof body === "string" ? Buffer.from(body) : (body as Uint8Array);
  return { method, path, query: search.toString(), headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), body: bytesBody(bytes) };
}

const absent = <T extends object>(port: string): T =>
  new Proxy({} as T, { get: (_target, member) => { throw new Error(`this test gave the room no ${port} port (${String(member)})`); } });
