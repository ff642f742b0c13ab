// GET /2021-04-23/credentials: what AWS_CONTAINER_CREDENTIALS_FULL_URI leads to under SnapStart, where keys in variables would be in the snapshot.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart-security.html; path and answers: aws-lambda-runtime-interface-emulator, internal/lambda/rapi
import type { Credentials } from "../../ports/identity.ts";
import { type Exchange, type Route, refusal } from "./session.ts";

export interface ContainerCredentials {
  /** AWS_CONTAINER_AUTHORIZATION_TOKEN */
  token: string;
  read(): Credentials | undefined;
}

export const CREDENTIALS_PATH = "2021-04-23/credentials";

export function credentialsRoute({ token, read }: ContainerCredentials, exchange: Exchange): Route {
  return refusal(() => {
    const given = exchange.head.headers["authorization"];
    const credentials = given === token ? read() : undefined;
    if (!given) return exchange.respond(401, "authorization header is empty\n", "text/plain");
    if (!credentials) return exchange.respond(404, "cannot get credentials for the provided token\n", "text/plain");
    const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = credentials;
    exchange.respond(200, JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: new Date(expiresAtMs).toISOString() }));
  });
}
