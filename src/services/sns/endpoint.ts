// What an endpoint of a platform application is (an app on a phone), and where it is kept. No I/O but findEndpoint.
// https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
import { parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { badEndpointValue, endpointArnSlashes, endpointNotFound, malformedArn, unknownEndpointAttribute, userDataTooLong } from "./errors.ts";

/** ACCOUNT/REGION/PLATFORM/NAME/UUID */
export const ENDPOINTS = "sns/platform-endpoint";

export interface Endpoint {
  arn: string;
  applicationArn: string;
  /** The device's. */
  token: string;
  enabled: boolean;
  userData?: string;
}

const USER_DATA_BYTES_MAX = 2048;
const TOKEN_LENGTH_MAX = 4096;

export const endpointArn = (application: string, uuid: string): string => `${application.replace(":app/", ":endpoint/")}/${uuid}`;

export const describeEndpoint = ({ token, enabled, userData }: Endpoint): Record<string, string> => ({ Enabled: String(enabled), Token: token, ...(userData !== undefined && { CustomUserData: userData }) });

/** What is to change. Throws InvalidParameter. */
export function checkedEndpointAttributes(given: Record<string, string>): Partial<Pick<Endpoint, "token" | "enabled" | "userData">> {
  const { CustomUserData: userData, Enabled: enabled, Token: token, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unknownEndpointAttribute(unknown.slice(0, 100));
  if (userData !== undefined && Buffer.byteLength(userData) > USER_DATA_BYTES_MAX) throw userDataTooLong();
  if (enabled !== undefined && !/^(true|false)$/i.test(enabled)) throw badEndpointValue("Enabled", "must be true or false");
  if (token !== undefined && (token === "" || token.length > TOKEN_LENGTH_MAX)) throw badEndpointValue("Token", `must be from 1 to ${TOKEN_LENGTH_MAX} characters long`);
  return { ...(userData !== undefined && { userData }), ...(enabled !== undefined && { enabled: enabled.toLowerCase() === "true" }), ...(token !== undefined && { token }) };
}

/** ACCOUNT/REGION/PLATFORM/NAME/UUID; undefined when the text is not the ARN of an endpoint. */
export function endpointId(arn: string): string | undefined {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  const path = /^endpoint\/([\w-]+\/[\w.-]+\/[\w-]+)$/.exec(resource)?.[1];
  return service === "sns" && path !== undefined ? `${account}/${region}/${path}` : undefined;
}

/** As `endpointId`, of this caller; throws. */
export function ownEndpointId(arn: string, { account, region }: { account: string; region: string }): string {
  const parsed = parseArn(arn);
  if (!parsed) throw malformedArn("EndpointArn", arn);
  if (parsed.resource.split("/").length !== 4) throw endpointArnSlashes();
  const id = endpointId(arn);
  if (id === undefined || parsed.account !== account || parsed.region !== region) throw endpointNotFound();
  return id;
}

export async function findEndpoint(stores: Pick<Stores | Tx, "documents">, arn: string): Promise<Endpoint | undefined> {
  const id = endpointId(arn);
  return id === undefined ? undefined : stores.documents<Endpoint>(ENDPOINTS).get(id);
}
