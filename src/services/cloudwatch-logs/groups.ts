// Log groups: create, delete, describe, retention.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Call } from "../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { badNextToken, badRetention, groupExists, noSuchGroup, notSupported, prefixAndPattern } from "./errors.ts";
import { describeGroup, type Group, GROUPS, groupId, type GroupKey, keyOf, keyOfIdentifier, logOf, newGroup, type Stream, STREAMS } from "./group.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

const PAGE_DEFAULT = 50;
const SCAN = 500;
/** How many streams go in one transaction when a group is deleted. */
const DELETE_BATCH = 50;

type GroupApi = Pick<Api<typeof Sdk>, "CreateLogGroup" | "DeleteLogGroup" | "DescribeLogGroups" | "PutRetentionPolicy" | "DeleteRetentionPolicy">;

export function groupOperations(stores: Stores): GroupApi {
  const groups = stores.documents<Group>(GROUPS);

  const setRetention = async (name: string, call: Call, days: number | undefined) => {
    const done = await groups.update(groupId(keyOf(name, call)), ({ retentionDays: _, ...group }) => ({ ...group, ...(days !== undefined && { retentionDays: days }) }));
    if (!done) throw noSuchGroup();
    return {};
  };

  return {
    async CreateLogGroup(input, call) {
      const key = keyOf(input.logGroupName, call);
      if (input.kmsKeyId !== undefined) throw notSupported("kmsKeyId");
      if (input.deletionProtectionEnabled) throw notSupported("deletionProtectionEnabled");
      if (input.logGroupClass !== undefined && input.logGroupClass !== "STANDARD") throw notSupported("logGroupClass");
      if (!(await groups.create(groupId(key), newGroup(key.name, call.now.getTime(), input.tags)))) throw groupExists();
      return {};
    },

    async DeleteLogGroup(input, call) {
      const key = keyOf(input.logGroupName, call);
      if (!(await groups.get(groupId(key)))) throw noSuchGroup();
      while (!(await deleteSome(stores, key)));
      return {};
    },

    async DescribeLogGroups(input, call) {
      refuseForeign(input);
      if (input.logGroupIdentifiers?.length) return { logGroups: await byIdentifier(stores, input.logGroupIdentifiers, call) };
      const after = input.nextToken === undefined ? undefined : decodePageToken(input.nextToken);
      if (input.nextToken !== undefined && after === undefined) throw badNextToken();
      const found = await matching(stores, call, input, after);
      const limit = input.limit ?? PAGE_DEFAULT;
      const page = found.slice(0, limit);
      return {
        logGroups: page.map((group) => describeGroup({ account: call.account, region: call.region, name: group.name }, group)),
        ...(found.length > limit && { nextToken: encodePageToken(page.at(-1)!.name) }),
      };
    },

    async PutRetentionPolicy(input, call) {
      if (!(RETENTION_DAYS as readonly number[]).includes(input.retentionInDays)) throw badRetention(input.retentionInDays, RETENTION_DAYS);
      return setRetention(input.logGroupName, call, input.retentionInDays);
    },

    DeleteRetentionPolicy: (input, call) => setRetention(input.logGroupName, call, undefined),
  };
}

function refuseForeign(input: Parameters<GroupApi["DescribeLogGroups"]>[0]): void {
  if (input.accountIdentifiers?.length) throw notSupported("accountIdentifiers");
  if (input.includeLinkedAccounts) throw notSupported("includeLinkedAccounts");
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) throw prefixAndPattern();
}

/** One more than the page needs, so that the caller knows whether there is a next one. */
async function matching(stores: Stores, call: Call, input: Parameters<GroupApi["DescribeLogGroups"]>[0], after: string | undefined): Promise<Group[]> {
  if (input.logGroupClass !== undefined && input.logGroupClass !== "STANDARD") return [];
  const wanted = (input.limit ?? PAGE_DEFAULT) + 1;
  const place = `${call.account}/${call.region}/`;
  const pattern = input.logGroupNamePattern?.toLowerCase(); // "case-sensitive" for prefixes, any case for patterns
  const found: Group[] = [];
  let from = after === undefined ? undefined : place + after;
  for (;;) {
    const page = await stores.documents<Group>(GROUPS).list({ prefix: place + (input.logGroupNamePrefix ?? ""), limit: SCAN, ...(from !== undefined && { after: from }) });
    found.push(...page.map(([, group]) => group).filter((group) => pattern === undefined || group.name.toLowerCase().includes(pattern)));
    if (found.length >= wanted || page.length < SCAN) return found.slice(0, wanted);
    from = page.at(-1)![0];
  }
}

async function byIdentifier(stores: Stores, identifiers: string[], call: Call) {
  const keys = identifiers.map((identifier) => keyOfIdentifier(identifier, call));
  const found = await Promise.all(keys.map((key) => stores.documents<Group>(GROUPS).get(groupId(key))));
  return keys.flatMap((key, index) => (found[index] ? [describeGroup(key, found[index])] : []));
}

/** Streams first and the group with the last of them, so that a crash in between leaves a group that can be deleted again. */
function deleteSome(stores: Stores, key: GroupKey): Promise<boolean> {
  return stores.transaction(async (tx) => {
    const page = await tx.documents<Stream>(STREAMS).list({ prefix: `${groupId(key)}:`, limit: DELETE_BATCH });
    for (const [id] of page) {
      await tx.logs.delete(logOf(id));
      await tx.documents<Stream>(STREAMS).delete(id);
    }
    if (page.length === DELETE_BATCH) return false;
    await tx.documents<Group>(GROUPS).delete(groupId(key));
    return true;
  });
}
