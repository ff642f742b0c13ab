// Partner event sources, as partners make them and as customers see them. Whoever calls may be a partner: AWS registers them, Evoke does not.
// https://docs.aws.amazon.com/eventbridge/latest/onboarding/amazon_eventbridge_partner_onboarding_guide.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { eventSourceExists, eventSourceIsDeleted, eventSourceNotFound, eventSourceOrBusNotFound, tooMany } from "./errors.ts";
import { pageOf } from "./page.ts";
import { activated, deactivated, findSource, newSource, PARTNER_SOURCES, partnerName, type PartnerSource, sourceArn, sourceId, stateOf } from "./partner-source.ts";

type PartnerApi = Pick<Api<typeof Sdk>, "CreatePartnerEventSource" | "DeletePartnerEventSource" | "DescribePartnerEventSource" | "ListPartnerEventSources" | "ListPartnerEventSourceAccounts">;
type CustomerApi = Pick<Api<typeof Sdk>, "DescribeEventSource" | "ListEventSources" | "ActivateEventSource" | "DeactivateEventSource">;
type Ports = Pick<RoomPorts, "stores" | "clock">;

/** Of a partner in a region; AWS's number is not documented. */
const SOURCES_MAX = 10_000;
const PAGE = 1000;

export function partnerOperations({ stores, clock }: Ports): PartnerApi {
  const sources = stores.documents<PartnerSource>(PARTNER_SOURCES);
  const own = async (name: string, { account, region }: Call): Promise<PartnerSource> => {
    const source = await findSource(stores, { region, name });
    if (source?.partner !== account || !isOffered(source, clock.now())) throw eventSourceNotFound(name);
    return source;
  };
  return {
    async CreatePartnerEventSource({ Name: name, Account: customer }, { account, region }) {
      const source = newSource({ name, region, partner: account, account: customer }, clock.now());
      if ((await sources.count(`${region}/`)) >= SOURCES_MAX && (await countOwn(stores, source)) >= SOURCES_MAX) throw tooMany();
      await stores.transaction(async (tx) => {
        const all = tx.documents<PartnerSource>(PARTNER_SOURCES);
        const before = await findSource(tx, source);
        if (before && stateOf(before, source.createdMs)) throw eventSourceExists(name);
        await all.put(sourceId(source), source);
      });
      return { EventSourceArn: sourceArn(source) };
    },

    /** Deleting what is not there is no error: the model has none for it. */
    async DeletePartnerEventSource({ Name: name, Account: customer }, { account, region }) {
      await stores.transaction(async (tx) => {
        const source = await findSource(tx, { region, name });
        if (source?.partner !== account || source.account !== customer) return;
        if (source.hasBus) await tx.documents<PartnerSource>(PARTNER_SOURCES).put(sourceId(source), { ...source, deleted: true });
        else await tx.documents(PARTNER_SOURCES).delete(sourceId(source));
      });
      return {};
    },

    async DescribePartnerEventSource({ Name }, call) {
      const source = await own(Name, call);
      return { Arn: sourceArn(source), Name };
    },

    async ListPartnerEventSources({ NamePrefix, NextToken, Limit }, { account, region }) {
      const nowMs = clock.now();
      const { found, ...next } = await pageOf(sources, `${region}/${NamePrefix}`, { NextToken, Limit }, (source) => source.partner === account && isOffered(source, nowMs));
      return { PartnerEventSources: found.map((source) => ({ Arn: sourceArn(source), Name: source.name })), ...next };
    },

    async ListPartnerEventSourceAccounts({ EventSourceName }, call) {
      const { account, ...source } = await own(EventSourceName, call);
      return { PartnerEventSourceAccounts: [{ Account: account, ...times(source), State: stateOf({ account, ...source }, clock.now())! }] };
    },
  };
}

export function eventSourceOperations({ stores, clock }: Ports): CustomerApi {
  const sources = stores.documents<PartnerSource>(PARTNER_SOURCES);
  const describe = (source: PartnerSource) => ({ Arn: sourceArn(source), CreatedBy: partnerName(source.name), ...times(source), Name: source.name, State: stateOf(source, clock.now())! });
  const change = async (name: string, { account, region }: Call, to: (source: PartnerSource, nowMs: number) => PartnerSource) => {
    await stores.transaction(async (tx) => {
      const nowMs = clock.now();
      const source = await findSource(tx, { region, name });
      if (source?.account !== account || !source.hasBus) throw eventSourceOrBusNotFound(name);
      if (stateOf(source, nowMs) === "DELETED") throw eventSourceIsDeleted(name);
      await tx.documents<PartnerSource>(PARTNER_SOURCES).put(sourceId(source), to(source, nowMs));
    });
    return {};
  };
  return {
    async DescribeEventSource({ Name }, { account, region }) {
      const source = await findSource(stores, { region, name: Name });
      if (source?.account !== account || !stateOf(source, clock.now())) throw eventSourceNotFound(Name);
      return describe(source);
    },

    async ListEventSources({ NamePrefix = "", NextToken, Limit }, { account, region }) {
      const nowMs = clock.now();
      const { found, ...next } = await pageOf(sources, `${region}/${NamePrefix}`, { NextToken, Limit }, (source) => source.account === account && stateOf(source, nowMs) !== undefined);
      return { EventSources: found.map(describe), ...next };
    },

    ActivateEventSource: ({ Name }, call) => change(Name, call, activated),
    DeactivateEventSource: ({ Name }, call) => change(Name, call, (source, nowMs) => (source.expiresMs === undefined ? deactivated(source, nowMs) : source)),
  };
}

/** How many the partner has; those that nobody accepted in time, and nobody sees any more, go now. */
async function countOwn({ documents }: Ports["stores"], { region, partner, createdMs: nowMs }: PartnerSource): Promise<number> {
  const sources = documents<PartnerSource>(PARTNER_SOURCES);
  let own = 0;
  for (let after: string | undefined; ;) {
    const page = await sources.list({ prefix: `${region}/`, limit: PAGE, ...(after !== undefined && { after }) });
    for (const [id, source] of page) {
      if (stateOf(source, nowMs) === undefined) await sources.delete(id);
      else if (source.partner === partner) own++;
    }
    if (page.length < PAGE) return own;
    after = page.at(-1)![0];
  }
}

/** The partner sees it no more when it has deleted it. */
const isOffered = (source: PartnerSource, nowMs: number): boolean => source.deleted !== true && stateOf(source, nowMs) !== undefined;

const times = ({ createdMs, expiresMs }: Pick<PartnerSource, "createdMs" | "expiresMs">) => ({ CreationTime: new Date(createdMs), ...(expiresMs !== undefined && { ExpirationTime: new Date(expiresMs) }) });
