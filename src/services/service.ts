// What every service room is made of. A room touches its ports and nothing else.
import type { Call } from "../kernel/call.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Access, AccessQuestion, AccessRule } from "../ports/access.ts";
import type { ApiDestinations } from "../ports/api-destinations.ts";
import type { CodePackages } from "../ports/code.ts";
import type { DefaultBus } from "../ports/default-bus.ts";
import type { Events } from "../ports/events.ts";
import type { FunctionDirectory } from "../ports/function-directory.ts";
import type { FunctionUrlAddresses } from "../ports/function-urls.ts";
import type { Functions } from "../ports/functions.ts";
import type { ContainerImages } from "../ports/images.ts";
import type { Identity } from "../ports/identity.ts";
import type { LogSink } from "../ports/logs.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { PolicySimulator } from "../ports/policy-simulator.ts";
import type { Provisioning } from "../ports/provisioning.ts";
import type { RuntimeVersions } from "../ports/runtime-versions.ts";
import type { Snapshots } from "../ports/snapshots.ts";
import type { Lanes } from "../ports/lanes.ts";
import type { Objects } from "../ports/objects.ts";
import type { OutgoingHttp } from "../ports/outgoing-http.ts";
import type { Source, Sources } from "../ports/sources.ts";
import type { Target, Targets } from "../ports/targets.ts";
import type { Stores } from "../storage/stores.ts";

/** A required member is never undefined here: the wire layer has already refused the request. */
type Checked<T> = { [K in keyof T]: {} extends Pick<T, K> ? T[K] : Exclude<T[K], undefined> };
type CommandInput<C> = C extends new (...args: any[]) => { input: infer I } ? Checked<I> : never;
type CommandOutput<C> = C extends new (...args: any[]) => { resolveMiddleware(...args: any[]): (...args: any[]) => Promise<{ output: infer O }> } ? Omit<O, "$metadata"> : never;

/** The operations of a published SDK module, seen from the server: `Api<typeof import("@aws-sdk/client-sqs")>`. */
export type Api<Sdk> = {
  [K in keyof Sdk as K extends `${infer Name}Command` ? Name : never]: (input: CommandInput<Sdk[K]>, call: Call) => Promise<CommandOutput<Sdk[K]>>;
};

export interface RoomPorts {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** The engine's door: a version that has been found already. For other rooms than Lambda's own: `events`. */
  functions: Functions;
  directory: FunctionDirectory;
  events: Events;
  targets: Targets;
  /** For events of this room's own, as AWS's services have them. */
  defaultBus: DefaultBus;
  sources: Sources;
  lanes: Lanes;
  outgoingHttp: OutgoingHttp;
  apiDestinations: ApiDestinations;
  metrics: Metrics;
  /** CloudWatch Logs, for what a room logs in its users' accounts. */
  logs: LogSink;
  access: Access;
  simulator: PolicySimulator;
  provisioning: Provisioning;
  /** Where Evoke is reached, for addresses in answers and messages: http://127.0.0.1:4566 */
  endpointUrl(): string;
  /** Where function URLs are reached. */
  urlAddresses: FunctionUrlAddresses;
  code: CodePackages;
  images: ContainerImages;
  snapshots: Snapshots;
  runtimeVersions: RuntimeVersions;
  identity: Identity;
  /** Objects of buckets, read with a caller's permission. */
  objects: Objects;
  /** Runs until the platform closes; an error is logged and the work is started again after a pause. */
  background(name: string, work: (signal: AbortSignal) => Promise<void>): void;
}

export interface Service<Sdk> {
  /** The name in the SigV4 credential scope and in ARNs. */
  name: string;
  /** The npm client whose schemas this room is served from: "@aws-sdk/client-sqs". */
  client: string;
  open(ports: RoomPorts): Partial<Api<Sdk>>;
  /** By operation; what is not listed is its own action, on "*". */
  access?: Partial<Record<keyof Api<Sdk>, AccessRule>>;
  /** The ARN of what exists, for one that an access rule made from a name alone (IAM's names do not tell their paths). */
  exactArn?(ports: RoomPorts): (arn: string) => Promise<string>;
  /** Condition keys that what exists already brings to an action on it, as a boundary does; asked with `exactArn`, or for a rule that says `standing`. */
  standing?(ports: RoomPorts): (action: string, arn: string) => Promise<Record<string, string> | undefined>;
  /** The prefix of its IAM actions, when it is not `name`. */
  actionPrefix?: string;
  /** The resource-based policy of one of its ARNs, as JSON text. */
  resourcePolicy?(ports: RoomPorts): (arn: string) => Promise<string | undefined>;
  /**
   * Before anybody asks whether the caller may: finds what an input names by another name, such as a bucket by an access point, and puts
   * the real name there. At once undefined for all others. Throws ServiceError.
   */
  address?(ports: RoomPorts): (operation: string, input: any, call: Call) => Promise<void> | undefined;
  /** The tags of one of its ARNs, for policies that ask about aws:ResourceTag, or s3:ExistingObjectTag. `asked`: what for, where that matters. */
  resourceTags?(ports: RoomPorts): (arn: string, asked: Pick<AccessQuestion, "action" | "context">) => Promise<Record<string, string> | undefined>;
  /** Others deliver here by ARN. */
  target?(ports: RoomPorts): Target;
  /** Lambda polls here, by ARN. */
  source?(ports: RoomPorts): Source;
}

/** A room as the register names it, not read yet. */
export interface Room {
  /** As the service's. */
  name: string;
  /** Other services that its ARNs say: S3's Object Lambda is s3-object-lambda. */
  arnServices?: readonly string[];
  load(): Promise<Service<any>>;
  /** The service has a `target`. */
  target?: true;
  /** The service has a `source`. */
  source?: true;
  /** Kinds of documents, and beginnings of queues' names: where any of it is stored, there may be work that goes on by itself. */
  keeps: { documents?: string[]; queues?: string[] };
}

export const defineService = <Sdk>(service: Service<Sdk>): Service<Sdk> => service;
