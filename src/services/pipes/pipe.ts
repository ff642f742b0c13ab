// A pipe: what is stored of it, its states, and how AWS shows it. No storage or clock.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html
import type { DescribePipeResponse, Pipe as ListedPipe, PipeEnrichmentParameters, PipeLogConfigurationParameters, PipeSourceParameters, PipeTargetParameters } from "@aws-sdk/client-pipes";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { MappingReport } from "../../ports/event-source-mappings.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const PIPES = "pipes/pipe";

export interface PipeKey {
  account: string;
  region: string;
  name: string;
}

export type PipeState = "CREATING" | "RUNNING" | "STARTING" | "STOPPED" | "STOPPING" | "UPDATING" | "DELETING" | "CREATE_FAILED" | "UPDATE_FAILED" | "START_FAILED";

/** What a request says, checked, with defaults filled in. */
export interface PipeSettings {
  description?: string;
  desiredState: "RUNNING" | "STOPPED" | "DELETED";
  source: string;
  sourceParameters: PipeSourceParameters;
  enrichment?: string;
  enrichmentParameters: PipeEnrichmentParameters;
  target: string;
  targetParameters: PipeTargetParameters;
  roleArn: string;
  logConfiguration?: PipeLogConfigurationParameters;
}

export interface Pipe extends PipeKey, PipeSettings {
  /** A UUID; what delivery knows it by. */
  id: string;
  /** Changes with every change that delivery must follow. */
  revision: string;
  state: PipeState;
  /** StateReason */
  reason?: string;
  tags: Record<string, string>;
  createdMs: number;
  modifiedMs: number;
}

export const pipeId = ({ account, region, name }: PipeKey): string => `${account}/${region}/${name}`;
export const pipeArn = ({ account, region, name }: PipeKey): string => formatArn("pipes", region, account, `pipe/${name}`);

export function pipeByArn(arn: string): PipeKey | undefined {
  const { service, account = "", region = "", resource = "" } = parseArn(arn) ?? {};
  const [, name] = /^pipe\/([.\-_A-Za-z0-9]{1,64})$/.exec(resource) ?? [];
  return service === "pipes" && name !== undefined ? { account, region, name } : undefined;
}

const UNDER_WAY: PipeState[] = ["CREATING", "STARTING", "UPDATING"];
const FAILED: Partial<Record<PipeState, PipeState>> = { CREATING: "CREATE_FAILED", STARTING: "START_FAILED", UPDATING: "UPDATE_FAILED" };

export const isInTransition = ({ state }: Pipe): boolean => UNDER_WAY.includes(state) || state === "STOPPING" || state === "DELETING";
/** It is polled, or is to be. */
export const isWanted = ({ state, desiredState }: Pipe): boolean => desiredState === "RUNNING" && (state === "RUNNING" || UNDER_WAY.includes(state));
/** Nothing of it is to run any more, and when nothing does its state changes. */
export const isEnding = ({ state, desiredState }: Pipe): boolean => state === "STOPPING" || state === "DELETING" || (desiredState === "STOPPED" && UNDER_WAY.includes(state));

/** StateReason of a running pipe: recorded for queues and streams. */
const reasonOf = ({ source }: Pipe): string => (["sqs", "mq", "kafka"].includes(parseArn(source)?.service ?? "mq") ? "USER_INITIATED" : "No records processed");

/** The pipe after what delivery says of it; undefined when there is nothing to write, "gone" when it is to be deleted. */
export function reported(pipe: Pipe, report: MappingReport): Pipe | "gone" | undefined {
  switch (report.state) {
    case "running":
      return isWanted(pipe) ? unlessSame(pipe, { state: "RUNNING", reason: pipe.state === "RUNNING" && pipe.reason === "OK" ? "OK" : reasonOf(pipe) }) : undefined;
    case "failing":
      // The form of the sentence is reported (terraform-aws-modules/terraform-aws-eventbridge#133). One that runs goes on by itself when what is missing is back.
      return isWanted(pipe) ? unlessSame(pipe, { state: FAILED[pipe.state] ?? "RUNNING", reason: `Input parameter is invalid from the request due to : ${report.reason}` }) : undefined;
    case "processed":
      return pipe.state === "RUNNING" ? unlessSame(pipe, { state: "RUNNING", reason: report.result }) : undefined;
    case "stopped":
      if (pipe.state === "DELETING") return "gone";
      return isEnding(pipe) ? unlessSame(pipe, { state: "STOPPED", reason: "USER_INITIATED" }) : undefined;
  }
}

function unlessSame(before: Pipe, change: { state: PipeState; reason: string }): Pipe | undefined {
  return before.state === change.state && before.reason === change.reason ? undefined : { ...before, ...change };
}

/** What every change answers, too. */
export function shownState(pipe: Pipe) {
  const { name, desiredState, state, createdMs, modifiedMs } = pipe;
  return { Arn: pipeArn(pipe), Name: name, DesiredState: desiredState as "RUNNING" | "STOPPED", CurrentState: state, CreationTime: new Date(createdMs), LastModifiedTime: new Date(modifiedMs) };
}

export function describePipe(pipe: Pipe): Omit<DescribePipeResponse, "$metadata"> {
  const { description, reason, source, sourceParameters, enrichment, enrichmentParameters, target, targetParameters, roleArn, logConfiguration, tags } = pipe;
  return {
    ...shownState(pipe), Source: source, SourceParameters: shownSource(sourceParameters), EnrichmentParameters: enrichmentParameters, Target: target, TargetParameters: targetParameters, RoleArn: roleArn, Tags: tags,
    ...(description !== undefined && { Description: description }), ...(reason !== undefined && { StateReason: reason }), ...(enrichment !== undefined && { Enrichment: enrichment }),
    ...(logConfiguration && { LogConfiguration: logConfiguration }),
  };
}

/** A date is stored as a text. */
function shownSource(parameters: PipeSourceParameters): PipeSourceParameters {
  const { KinesisStreamParameters: kinesis } = parameters;
  return kinesis?.StartingPositionTimestamp === undefined ? parameters : { ...parameters, KinesisStreamParameters: { ...kinesis, StartingPositionTimestamp: new Date(kinesis.StartingPositionTimestamp) } };
}

export function listedPipe(pipe: Pipe): ListedPipe {
  const { reason, source, target, enrichment } = pipe;
  return { ...shownState(pipe), Source: source, Target: target, ...(reason !== undefined && { StateReason: reason }), ...(enrichment !== undefined && { Enrichment: enrichment }) };
}
