// Code signing configs: what is stored of them, which functions have one, and what one means for code on its way in.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
import type { CodeSigningConfig, CodeSigningPolicy } from "@aws-sdk/client-lambda";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { type Ids, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { codeNotSigned, functionsConfigMissing } from "./code-signing-errors.ts";
import type { LambdaFunction } from "./function.ts";
import { documentId } from "./name.ts";

/** Documents of this kind have the id ACCOUNT/REGION/CONFIG-ID. */
export const SIGNING_CONFIGS = "lambda/code-signing-config";
/** Which functions have a config: documents of this kind have the id ACCOUNT/REGION/CONFIG-ID/FUNCTION. */
export const SIGNED_FUNCTIONS = "lambda/code-signed-function";

export interface SigningConfig {
  /** "csc-" and 17 characters. */
  configId: string;
  arn: string;
  description: string;
  /** ARNs of signing profile versions. */
  publishers: string[];
  policy: CodeSigningPolicy;
  tags: Record<string, string>;
  modifiedMs: number;
}

export interface SignedFunction {
  arn: string;
}

const ID_LENGTH = 17;

export function newConfigName(ids: Ids, { account, region }: Call): { id: string; configId: string; arn: string } {
  const configId = `csc-${ids.token(ID_LENGTH, LOWER_ALPHANUMERIC)}`;
  return { id: documentId(account, region, configId), configId, arn: configArn({ account, region }, configId) };
}

const configArn = ({ account, region }: Pick<Call, "account" | "region">, configId: string): string => formatArn("lambda", region, account, `code-signing-config:${configId}`);

/** The document's id; undefined for any other ARN. */
export function configIdOf(text: string): string | undefined {
  const arn = parseArn(text);
  const configId = /^code-signing-config:(csc-[a-z0-9]{17})$/.exec(arn?.resource ?? "")?.[1];
  if (!arn || configId === undefined || configArn(arn, configId) !== text) return undefined;
  return documentId(arn.account, arn.region, configId);
}

/** Of the caller's own account and region; what another has is not there. */
export function ownConfigId(arn: string, { account, region }: Pick<Call, "account" | "region">): string | undefined {
  const id = configIdOf(arn);
  return id?.startsWith(documentId(account, region, "")) ? id : undefined;
}

export const shownConfig = ({ configId, arn, description, publishers, policy, modifiedMs }: SigningConfig): CodeSigningConfig => ({
  CodeSigningConfigId: configId,
  CodeSigningConfigArn: arn,
  Description: description,
  AllowedPublishers: { SigningProfileVersionArns: publishers },
  CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy },
  LastModified: new Date(modifiedMs).toISOString().replace("Z", "+0000"),
});

interface Signed extends Pick<LambdaFunction, "name" | "arn" | "account" | "region"> {
  codeSigningConfigArn?: string | undefined;
}

/**
 * Before code or layers are added to a function. There is no AWS Signer here, so nothing is known to be signed by an allowed profile:
 * counted and said with both policies, as in AWS, and refused with Enforce.
 */
export async function checkSigned({ stores, metrics, log }: Pick<RoomPorts, "stores" | "metrics" | "log">, fn: Signed): Promise<void> {
  if (fn.codeSigningConfigArn === undefined) return;
  const id = ownConfigId(fn.codeSigningConfigArn, fn);
  const config = id && (await stores.documents<SigningConfig>(SIGNING_CONFIGS).get(id));
  if (!config) throw functionsConfigMissing(fn.codeSigningConfigArn);
  metrics.series({ account: fn.account, region: fn.region, namespace: "AWS/Lambda", name: "SignatureValidationErrors", unit: "Count", dimensions: [{}, { FunctionName: fn.name }] })(1);
  log.warn(`Code that no allowed profile has signed was ${config.policy === "Enforce" ? "refused" : "deployed"}`, { function: fn.arn, config: config.arn });
  if (config.policy === "Enforce") throw codeNotSigned(fn.name);
}

/** Inside the transaction that gives the function its config: the config stays as long as a function has it. */
export async function attachConfig(tx: Tx, fn: Omit<Signed, "codeSigningConfigArn">, configArn: string): Promise<void> {
  const id = ownConfigId(configArn, fn);
  if (id === undefined || !(await tx.documents<SigningConfig>(SIGNING_CONFIGS).update(id, (same) => same))) throw functionsConfigMissing(configArn);
  await tx.documents<SignedFunction>(SIGNED_FUNCTIONS).put(`${id}/${fn.name}`, { arn: fn.arn });
}

export async function detachConfig(tx: Tx, { name, codeSigningConfigArn }: Pick<Signed, "name" | "codeSigningConfigArn">): Promise<void> {
  if (codeSigningConfigArn !== undefined) await tx.documents(SIGNED_FUNCTIONS).delete(`${configIdOf(codeSigningConfigArn)}/${name}`);
}

/** A function that is deleted has no config any more; its versions never had one of their own. */
export const forgetConfig = async (tx: Tx, fn: LambdaFunction, qualifier: string | undefined): Promise<void> => {
  if (qualifier === undefined) await detachConfig(tx, fn);
};

/** For policies that ask about aws:ResourceTag. */
export const configTags = ({ stores }: { stores: Pick<Stores, "documents"> }) => async (arn: string): Promise<Record<string, string> | undefined> => {
  const id = configIdOf(arn);
  return id === undefined ? undefined : (await stores.documents<SigningConfig>(SIGNING_CONFIGS).get(id))?.tags;
};
