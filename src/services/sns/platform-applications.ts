// Platform applications and their endpoints: made, listed, described, changed, deleted. What is published to them stays in the outbox.
// https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html
import { createHash } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-sns";
import type { Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { applicationDiffers, applicationNotFound, endpointDiffers, endpointNotFound, missingAttributes } from "./errors.ts";
import { pageOf } from "./page.ts";
import { type Application, applicationArn, applicationId, APPLICATIONS, checkApplicationName, checkPlatform, checkSecrets, partApplication } from "./platform-application.ts";
import { checkedEndpointAttributes, describeEndpoint, type Endpoint, endpointArn, endpointId, ENDPOINTS, findEndpoint, ownEndpointId } from "./endpoint.ts";

type PlatformApi = Pick<Api<typeof Sdk>,
  "CreatePlatformApplication" | "DeletePlatformApplication" | "ListPlatformApplications" | "GetPlatformApplicationAttributes" | "SetPlatformApplicationAttributes" |
  "CreatePlatformEndpoint" | "DeleteEndpoint" | "ListEndpointsByPlatformApplication" | "GetEndpointAttributes" | "SetEndpointAttributes">;
type Ports = Pick<RoomPorts, "stores" | "ids">;

/** ACCOUNT/REGION/PLATFORM/NAME/SHA256-OF-TOKEN: a device's token has one endpoint. */
const BY_TOKEN = "sns/platform-endpoint-of-token";
const DELETE_BATCH = 500;

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const tokenId = (application: string, token: string): string => `${application}/${hashOf(token)}`;
const secretsHash = (secrets: Record<string, string>): string => hashOf(JSON.stringify([secrets["PlatformPrincipal"], secrets["PlatformCredential"]]));

export const platformOperations = (ports: Ports): PlatformApi => ({ ...applicationOperations(ports), ...endpointOperations(ports) });

type EndpointNames = "CreatePlatformEndpoint" | "DeleteEndpoint" | "ListEndpointsByPlatformApplication" | "GetEndpointAttributes" | "SetEndpointAttributes";

function applicationOperations({ stores }: Ports): Omit<PlatformApi, EndpointNames> {
  const applications = stores.documents<Application>(APPLICATIONS);
  return {
    async CreatePlatformApplication({ Name, Platform, Attributes = {} }, { account, region }) {
      checkApplicationName(Name);
      checkPlatform(Platform);
      const { shown, secrets } = partApplication(Attributes);
      checkSecrets(Platform, secrets);
      const arn = applicationArn(region, account, Platform, Name);
      const wanted: Application = { arn, attributes: { Enabled: "true", ...shown }, secretsHash: secretsHash(secrets) };
      const id = `${account}/${region}/${Platform}/${Name}`;
      if (!(await applications.create(id, wanted))) {
        const there = await applications.get(id);
        if (there && (there.secretsHash !== wanted.secretsHash || Object.entries(shown).some(([name, value]) => there.attributes[name] !== value))) throw applicationDiffers(arn);
      }
      return { PlatformApplicationArn: arn };
    },

    async DeletePlatformApplication({ PlatformApplicationArn }, call) {
      const id = applicationId(PlatformApplicationArn, call);
      while (!(await stores.transaction((tx) => deleteSome(tx, id))));
      return {};
    },

    async ListPlatformApplications({ NextToken }, { account, region }) {
      const { found, next } = await pageOf(applications, `${account}/${region}/`, NextToken);
      return { PlatformApplications: found.map(([, { arn, attributes }]) => ({ PlatformApplicationArn: arn, Attributes: attributes })), ...(next && { NextToken: next }) };
    },

    async GetPlatformApplicationAttributes({ PlatformApplicationArn }, call) {
      const application = await applications.get(applicationId(PlatformApplicationArn, call));
      if (!application) throw applicationNotFound();
      return { Attributes: application.attributes };
    },

    async SetPlatformApplicationAttributes({ PlatformApplicationArn, Attributes = {} }, call) {
      if (Object.keys(Attributes).length === 0) throw missingAttributes();
      const id = applicationId(PlatformApplicationArn, call);
      if (!(await applications.get(id))) throw applicationNotFound();
      const { shown, secrets } = partApplication(Attributes);
      checkSecrets(id.split("/")[2]!, secrets);
      const change = (there: Application): Application => ({ ...there, attributes: { ...there.attributes, ...shown }, ...(Object.keys(secrets).length > 0 && { secretsHash: secretsHash(secrets) }) });
      if (!(await applications.update(id, change))) throw applicationNotFound();
      return {};
    },
  };
}

function endpointOperations({ stores, ids }: Ports): Pick<PlatformApi, EndpointNames> {
  const endpoints = stores.documents<Endpoint>(ENDPOINTS);
  return {
    async CreatePlatformEndpoint({ PlatformApplicationArn, Token, CustomUserData, Attributes = {} }, call) {
      const application = applicationId(PlatformApplicationArn, call);
      // Given twice, the attribute counts (recorded).
      const given = checkedEndpointAttributes({ ...(CustomUserData && { CustomUserData }), ...Attributes, Token });
      const arn = endpointArn(PlatformApplicationArn, ids.uuid());
      const wanted: Endpoint = { enabled: true, ...given, token: Token, arn, applicationArn: PlatformApplicationArn };
      return stores.transaction(async (tx) => {
        if (!(await lock(tx, application))) throw applicationNotFound();
        const there = await findByToken(tx, application, Token);
        if (!there) {
          await tx.documents<Endpoint>(ENDPOINTS).put(endpointId(arn)!, wanted);
          await tx.documents<Pointer>(BY_TOKEN).put(tokenId(application, Token), { arn });
        } else if (there.enabled !== wanted.enabled || there.userData !== wanted.userData) throw endpointDiffers(there.arn);
        return { EndpointArn: (there ?? wanted).arn };
      });
    },

    async DeleteEndpoint({ EndpointArn }, call) {
      const id = ownEndpointId(EndpointArn, call);
      await stores.transaction(async (tx) => {
        const endpoint = await tx.documents<Endpoint>(ENDPOINTS).get(id);
        if (endpoint) await deleteEndpoint(tx, id, endpoint);
      });
      return {};
    },

    async ListEndpointsByPlatformApplication({ PlatformApplicationArn, NextToken }, call) {
      const application = applicationId(PlatformApplicationArn, call);
      if (!(await stores.documents<Application>(APPLICATIONS).get(application))) throw applicationNotFound();
      const { found, next } = await pageOf(endpoints, `${application}/`, NextToken);
      return { Endpoints: found.map(([, endpoint]) => ({ EndpointArn: endpoint.arn, Attributes: describeEndpoint(endpoint) })), ...(next && { NextToken: next }) };
    },

    async GetEndpointAttributes({ EndpointArn }, call) {
      const endpoint = await endpoints.get(ownEndpointId(EndpointArn, call));
      if (!endpoint) throw endpointNotFound();
      return { Attributes: describeEndpoint(endpoint) };
    },

    async SetEndpointAttributes({ EndpointArn, Attributes = {} }, call) {
      const id = ownEndpointId(EndpointArn, call);
      if (Object.keys(Attributes).length === 0) throw missingAttributes();
      await stores.transaction(async (tx) => {
        const endpoint = (await lock(tx, applicationOf(id))) && (await tx.documents<Endpoint>(ENDPOINTS).get(id));
        if (!endpoint) throw endpointNotFound();
        const changed: Endpoint = { ...endpoint, ...checkedEndpointAttributes(Attributes) };
        if (changed.token !== endpoint.token) await moveToken(tx, id, endpoint, changed.token);
        await tx.documents<Endpoint>(ENDPOINTS).put(id, changed);
      });
      return {};
    },
  };
}

interface Pointer {
  arn: string;
}

const applicationOf = (id: string): string => id.slice(0, id.lastIndexOf("/"));

/** Nobody else changes its endpoints before this transaction ends. */
const lock = (tx: Tx, application: string): Promise<Application | undefined> => tx.documents<Application>(APPLICATIONS).update(application, (same) => same);

async function findByToken(tx: Tx, application: string, token: string): Promise<Endpoint | undefined> {
  const pointer = await tx.documents<Pointer>(BY_TOKEN).get(tokenId(application, token));
  return pointer && findEndpoint(tx, pointer.arn);
}

async function moveToken(tx: Tx, id: string, { arn, token: before }: Endpoint, after: string): Promise<void> {
  const other = await findByToken(tx, applicationOf(id), after);
  if (other) throw endpointDiffers(other.arn);
  await tx.documents(BY_TOKEN).delete(tokenId(applicationOf(id), before));
  await tx.documents<Pointer>(BY_TOKEN).put(tokenId(applicationOf(id), after), { arn });
}

async function deleteEndpoint(tx: Tx, id: string, { token }: Endpoint): Promise<void> {
  await tx.documents(ENDPOINTS).delete(id);
  await tx.documents(BY_TOKEN).delete(tokenId(applicationOf(id), token));
}

/** The application first: nobody makes more of its endpoints while they go. */
async function deleteSome(tx: Tx, id: string): Promise<boolean> {
  await tx.documents(APPLICATIONS).delete(id);
  const page = await tx.documents<Endpoint>(ENDPOINTS).list({ prefix: `${id}/`, limit: DELETE_BATCH });
  for (const [endpoint, value] of page) await deleteEndpoint(tx, endpoint, value);
  return page.length < DELETE_BATCH;
}
