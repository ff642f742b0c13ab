// What each operation needs to be permitted, and on which schedules and groups. What is not listed here is on "*".
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
import type * as Sdk from "@aws-sdk/client-scheduler";
import type { Tag, Target } from "@aws-sdk/client-scheduler";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { DEFAULT, groupArn } from "./group.ts";
import { scheduleArn } from "./schedule.ts";

interface Named { Name: string; GroupName?: string }

const onSchedule: AccessRule = { resources: ({ Name, GroupName = DEFAULT }: Named, { account, region }: Call) => [scheduleArn({ account, region, group: GroupName, name: Name })] };
/** Handing Scheduler a role to invoke the target with. */
const withRole: AccessRule = { ...onSchedule, also: ({ Target: { RoleArn } }: { Target: Target }) => [{ action: "iam:PassRole", resource: RoleArn!, context: { "iam:PassedToService": "scheduler.amazonaws.com" } }] };

const tagContext = ({ Tags, TagKeys }: { Tags?: Tag[]; TagKeys?: string[] }): Record<string, string | string[]> => {
  const keys = TagKeys ?? Tags?.map(({ Key }) => Key!) ?? [];
  return { ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value!])), ...(keys.length > 0 && { "aws:TagKeys": keys }) };
};
const onGroup: AccessRule = { resources: ({ Name }: Named, { account, region }: Call) => [groupArn({ account, region, name: Name })] };
const onTagged: AccessRule = { resources: ({ ResourceArn }: { ResourceArn: string }) => [ResourceArn] };
const changesTags: AccessRule = { ...onTagged, context: tagContext, changesAccess: true };

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  CreateSchedule: withRole,
  UpdateSchedule: withRole,
  GetSchedule: onSchedule,
  DeleteSchedule: onSchedule,
  CreateScheduleGroup: { ...onGroup, context: tagContext, changesAccess: true },
  GetScheduleGroup: onGroup,
  DeleteScheduleGroup: { ...onGroup, changesAccess: true },
  TagResource: changesTags,
  UntagResource: changesTags,
  ListTagsForResource: onTagged,
};
