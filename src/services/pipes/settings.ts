// From a request to create or change a pipe to its settings: checks, defaults, and what must be there already.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html, API_UpdatePipe.html
import type { CreatePipeRequest, PipeEnrichmentParameters, PipeLogConfigurationParameters, PipeTargetParameters, UpdatePipeRequest } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { RoomPorts } from "../service.ts";
import { deadLetterNotFound, logGroupNotFound, notSupported, otherAccountsRole, otherRegions, parameterMissing } from "./errors.ts";
import type { Pipe, PipeKey, PipeSettings } from "./pipe.ts";
import { deadLetterOf, sourceKind } from "./source.ts";
import { sourceParametersOf, updatedSource } from "./source-parameters.ts";
import { batchMost, checkEnrichmentParameters, checkTargetParameters, enrichmentKind, targetKind } from "./target-parameters.ts";

type Ports = Pick<RoomPorts, "sources" | "targets">;

export function createdSettings(given: CreatePipeRequest): PipeSettings {
  return settingsOf({
    description: given.Description, desiredState: given.DesiredState ?? "RUNNING", source: given.Source!, sourceParameters: given.SourceParameters ?? {}, enrichment: given.Enrichment || undefined,
    enrichmentParameters: given.EnrichmentParameters ?? {}, target: given.Target!, targetParameters: given.TargetParameters ?? {}, roleArn: given.RoleArn!, logConfiguration: given.LogConfiguration,
  }, given.KmsKeyIdentifier);
}

/** "EventBridge only updates the fields that you specify"; an empty enrichment or template takes it away, and parameters of another target than before are not kept. */
export function updatedSettings(before: Pipe, given: UpdatePipeRequest): PipeSettings {
  const target = given.Target ?? before.target;
  const targetBefore = targetKind(target) === targetKind(before.target) ? before.targetParameters : onlyTemplate(before.targetParameters);
  const enrichment = given.Enrichment === undefined ? before.enrichment : given.Enrichment || undefined;
  const enrichmentBefore = enrichment === before.enrichment ? before.enrichmentParameters : {};
  return settingsOf({
    description: given.Description ?? before.description, desiredState: given.DesiredState ?? (before.desiredState as "RUNNING" | "STOPPED"), source: before.source, sourceParameters: updatedSource(before.sourceParameters, given.SourceParameters),
    enrichment, enrichmentParameters: { ...enrichmentBefore, ...given.EnrichmentParameters }, target, targetParameters: { ...targetBefore, ...given.TargetParameters },
    roleArn: given.RoleArn!, logConfiguration: given.LogConfiguration ?? before.logConfiguration,
  }, given.KmsKeyIdentifier);
}

const onlyTemplate = ({ InputTemplate }: PipeTargetParameters): PipeTargetParameters => (InputTemplate === undefined ? {} : { InputTemplate });

type Optional = "description" | "enrichment" | "logConfiguration";
type Wanted = Omit<PipeSettings, Optional> & { [K in Optional]: PipeSettings[K] | undefined };

function settingsOf(wanted: Wanted, kmsKey: string | undefined): PipeSettings {
  const { description, enrichment, logConfiguration, source, target } = wanted;
  if (kmsKey) throw notSupported("KmsKeyIdentifier");
  sourceKind(source);
  const enrichmentParameters = withoutEmptyTemplate(wanted.enrichmentParameters);
  const targetParameters = withoutEmptyTemplate(wanted.targetParameters);
  if (enrichment !== undefined) enrichmentKind(enrichment);
  checkEnrichmentParameters(enrichment, enrichmentParameters);
  checkTargetParameters(target, targetParameters);
  return {
    desiredState: wanted.desiredState, source, sourceParameters: sourceParametersOf(source, wanted.sourceParameters, batchMost(enrichment, target)), enrichmentParameters, target, targetParameters, roleArn: wanted.roleArn,
    ...(description !== undefined && { description }), ...(enrichment !== undefined && { enrichment }), ...(logConfiguration && { logConfiguration: checkedLogs(logConfiguration) }),
  };
}

function withoutEmptyTemplate<P extends PipeEnrichmentParameters | PipeTargetParameters>({ InputTemplate, ...parameters }: P): P {
  return { ...parameters, ...(InputTemplate && { InputTemplate }) } as P;
}

function checkedLogs(given: PipeLogConfigurationParameters): PipeLogConfigurationParameters {
  const { S3LogDestination, FirehoseLogDestination, CloudwatchLogsLogDestination, Level } = given;
  if (S3LogDestination) throw notSupported("S3LogDestination of LogConfiguration");
  if (FirehoseLogDestination) throw notSupported("FirehoseLogDestination of LogConfiguration");
  if (Level !== "OFF" && !CloudwatchLogsLogDestination) throw parameterMissing("LogConfiguration.CloudwatchLogsLogDestination");
  return given;
}

/** What a pipe names is of its account and region, and served here. Whether source, enrichment and target are there shows when it runs, as on AWS. */
export async function checkConnected({ sources, targets }: Ports, pipe: PipeSettings, { account, region }: PipeKey, call: Call): Promise<void> {
  const { source, enrichment, target, roleArn, logConfiguration } = pipe;
  // Whoever proved who they are comes into another account in no mode, and a pipe with its role would be there.
  if (call.principal.verified && parseArn(roleArn)?.account !== account) throw otherAccountsRole(roleArn);
  const group = logConfiguration?.CloudwatchLogsLogDestination?.LogGroupArn;
  // Records are written into it without asking, so it is never another account's (not documented).
  for (const [member, arn] of [["Source", source], ["Enrichment", enrichment], ["Target", target], ["LogConfiguration.CloudwatchLogsLogDestination.LogGroupArn", group]] as const) {
    const parsed = arn === undefined ? undefined : parseArn(arn);
    if (parsed && (parsed.account !== account || parsed.region !== region)) throw otherRegions(member);
  }
  if (!(await sources.find(source))) throw notSupported(`${sourceKind(source).name} as a source of pipes`);
  const kind = targetKind(target);
  if (kind === "kinesis" && !targets.serves(target)) throw notSupported("Kinesis as a target of pipes");
  if (group !== undefined && !(await targets.exists(group))) throw logGroupNotFound(group);
  const deadLetter = deadLetterOf(pipe);
  if (deadLetter !== undefined && !(await targets.exists(deadLetter))) throw deadLetterNotFound(deadLetter);
}
