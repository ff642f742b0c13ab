// A schedule group as it is kept. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetScheduleGroup.html
import type { ScheduleGroupSummary } from "@aws-sdk/client-scheduler";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Documents, Tx } from "../../storage/stores.ts";
import { groupNotFound } from "./errors.ts";

export const GROUPS = "scheduler/group";
export const DEFAULT = "default";

export interface GroupKey {
  account: string;
  region: string;
  name: string;
}

export interface Group extends GroupKey {
  tags: Record<string, string>;
  /** The default group has no dates. */
  createdMs?: number;
  modifiedMs?: number;
  /** Its schedules are being deleted, and then itself. */
  isDeleting?: true;
  /** Of the request that created it. */
  clientToken?: string;
}

export const groupId = ({ account, region, name }: GroupKey): string => `${account}/${region}/${name}`;
export const groupArn = ({ account, region, name }: GroupKey): string => formatArn("scheduler", region, account, `schedule-group/${name}`);

export function groupByArn(arn: string): GroupKey | undefined {
  const { service, account, region, resource = "" } = parseArn(arn) ?? {};
  const [, name] = /^schedule-group\/([\w.-]+)$/.exec(resource) ?? [];
  return service === "scheduler" && name !== undefined ? { account: account!, region: region!, name } : undefined;
}

export const groupsOf = (stores: Pick<Tx, "documents">): Documents<Group> => stores.documents<Group>(GROUPS);

/** The default group is there without anybody having made it; it is stored only when it has tags. */
export async function findGroup(groups: Documents<Group>, key: GroupKey): Promise<Group | undefined> {
  return (await groups.get(groupId(key))) ?? (key.name === DEFAULT ? { ...key, tags: {} } : undefined);
}

/** Throws ResourceNotFoundException. */
export async function groupOf(groups: Documents<Group>, key: GroupKey): Promise<Group> {
  const group = await findGroup(groups, key);
  if (!group) throw groupNotFound(key.name);
  return group;
}

/** In one step, which also holds off who else would change it until the transaction ends. Throws ResourceNotFoundException. */
export async function changeGroup(groups: Documents<Group>, key: GroupKey, change: (group: Group) => Group): Promise<void> {
  if (await groups.update(groupId(key), change)) return;
  if (key.name !== DEFAULT) throw groupNotFound(key.name);
  if (!(await groups.create(groupId(key), change({ ...key, tags: {} })))) await groups.update(groupId(key), change);
}

export const describeGroup = (group: Group): ScheduleGroupSummary => ({
  Arn: groupArn(group), Name: group.name, State: group.isDeleting ? "DELETING" : "ACTIVE",
  ...(group.createdMs !== undefined && { CreationDate: new Date(group.createdMs) }),
  ...(group.modifiedMs !== undefined && { LastModificationDate: new Date(group.modifiedMs) }),
});
