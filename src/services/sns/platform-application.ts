// What a platform application is, and where it is kept. No I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import { applicationNotFound, badApplicationName, badEndpointValue, badPlatform, credentialWithoutPrincipal, malformedArn, missingAttributes, notSupported, principalWithoutCredential, unknownEndpointAttribute } from "./errors.ts";

/** ACCOUNT/REGION/PLATFORM/NAME */
export const APPLICATIONS = "sns/platform-application";

export interface Application {
  arn: string;
  /** As they are shown: without PlatformPrincipal and PlatformCredential, which AWS never gives back. */
  attributes: Record<string, string>;
  /** Of the secrets, to tell whether they are the same once more. */
  secretsHash: string;
}

const PLATFORMS = ["ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "MACOS", "MACOS_SANDBOX", "BAIDU", "FCM", "GCM", "MPNS", "WNS"];
/** Platforms whose credential stands alone: https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html */
const WITHOUT_PRINCIPAL = ["GCM", "FCM"];
const NAME_LENGTH_MAX = 256;
const VALUE_LENGTH_MAX = 4096;
const SECRETS = ["PlatformPrincipal", "PlatformCredential"];
const SHOWN = ["SuccessFeedbackSampleRate", "ApplePlatformTeamID", "ApplePlatformBundleID"];
/** Topics that would hear of changes, and roles to write logs with. */
const REFUSED = ["EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "EventDeliveryFailure", "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn"];

export const applicationArn = (region: string, account: string, platform: string, name: string): string => formatArn("sns", region, account, `app/${platform}/${name}`);

export function checkApplicationName(name: string): void {
  if (name === "") throw badApplicationName(name, "cannot be empty");
  if (name.length > NAME_LENGTH_MAX) throw badApplicationName(name, `must be at most ${NAME_LENGTH_MAX} characters long`);
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw badApplicationName(name, "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'");
}

export function checkPlatform(platform: string): void {
  if (!PLATFORMS.includes(platform)) throw badPlatform(platform);
}

/** Both, or none where there is none. */
export function checkSecrets(platform: string, { PlatformPrincipal: principal, PlatformCredential: credential }: Record<string, string>): void {
  if (principal !== undefined && credential === undefined) throw principalWithoutCredential();
  if (credential !== undefined && principal === undefined && !WITHOUT_PRINCIPAL.includes(platform)) throw credentialWithoutPrincipal();
}

/** What is shown of an application's attributes, and what is secret. Throws InvalidParameter. */
export function partApplication(given: Record<string, string>): { shown: Record<string, string>; secrets: Record<string, string> } {
  if (Object.keys(given).length === 0) throw missingAttributes();
  const shown: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (REFUSED.includes(name) && value !== "") throw notSupported(`${name} of platform applications`);
    if (REFUSED.includes(name)) continue;
    if (!SECRETS.includes(name) && !SHOWN.includes(name)) throw unknownEndpointAttribute(name.slice(0, 100));
    if (value.length > (SECRETS.includes(name) ? 16_384 : VALUE_LENGTH_MAX)) throw badEndpointValue(name, "is too long");
    (SECRETS.includes(name) ? secrets : shown)[name] = value;
  }
  return { shown, secrets };
}

/** ACCOUNT/REGION/PLATFORM/NAME. Throws where the ARN is none of an application of this caller. */
export function applicationId(arn: string, { account, region }: { account: string; region: string }): string {
  const parsed = parseArn(arn);
  if (!parsed) throw malformedArn("PlatformApplicationArn", arn);
  const resource = /^app\/([\w-]+\/[\w.-]+)$/.exec(parsed.resource)?.[1];
  if (resource === undefined || parsed.service !== "sns" || parsed.account !== account || parsed.region !== region) throw applicationNotFound();
  return `${account}/${region}/${resource}`;
}
