// Lists of schedules and groups, page by page. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html
import type * as Sdk from "@aws-sdk/client-scheduler";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Documents } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { badNextToken } from "./errors.ts";
import { DEFAULT, describeGroup, findGroup, type Group, groupId, groupOf, groupsOf } from "./group.ts";
import { type Schedule, scheduleId, SCHEDULES, summaryOf } from "./schedule.ts";

type ListApi = Pick<Api<typeof Sdk>, "ListSchedules" | "ListScheduleGroups">;

const PAGE_MAX = 100;
/** Read at once while few of those read are wanted. */
const SCAN = 100;

interface Page { MaxResults?: number | undefined; NextToken?: string | undefined }

export function listOperations({ stores }: RoomPorts): ListApi {
  const schedules = stores.documents<Schedule>(SCHEDULES);
  return {
    async ListSchedules({ GroupName, NamePrefix = "", State, ...page }, { account, region }) {
      if (GroupName !== undefined) await groupOf(groupsOf(stores), { account, region, name: GroupName });
      // Of one group, the names are in order; of all of them, only those within each group.
      const prefix = GroupName === undefined ? `${account}/${region}/` : scheduleId({ account, region, group: GroupName, name: NamePrefix });
      const wanted = ({ name, enabled }: Schedule): boolean => name.startsWith(NamePrefix) && (State === undefined || enabled === (State === "ENABLED"));
      const { shown, next } = await pageOf(schedules, prefix, wanted, page);
      return { Schedules: shown.map(summaryOf), ...next };
    },

    async ListScheduleGroups({ NamePrefix = "", ...page }, { account, region }) {
      const groups = groupsOf(stores);
      const first = page.NextToken === undefined && DEFAULT.startsWith(NamePrefix) ? [(await findGroup(groups, { account, region, name: DEFAULT }))!] : [];
      const { shown, next } = await pageOf(groups, groupId({ account, region, name: NamePrefix }), ({ name }: Group) => name !== DEFAULT, page, first);
      return { ScheduleGroups: shown.map(describeGroup), ...next };
    },
  };
}

/** `first` stand before all others. A token is what follows the prefix in the last id shown; "" when that was none. */
async function pageOf<T>(documents: Documents<T>, prefix: string, wanted: (value: T) => boolean, { MaxResults = PAGE_MAX, NextToken }: Page, first: T[] = []): Promise<{ shown: T[]; next: { NextToken?: string } }> {
  const start = NextToken === undefined ? undefined : decodePageToken(NextToken);
  if (NextToken !== undefined && (start === undefined || !/^[\w./-]{0,200}$/.test(start))) throw badNextToken();
  const shown = [...first];
  let after = start ? prefix + start : undefined;
  let last = after;
  for (;;) {
    const rows = await documents.list({ prefix, limit: SCAN, ...(after === undefined ? {} : { after }) });
    for (const [id, value] of rows) {
      if (!wanted(value)) continue;
      if (shown.length === MaxResults) return { shown, next: { NextToken: encodePageToken(last?.slice(prefix.length) ?? "") } };
      shown.push(value);
      last = id;
    }
    if (rows.length < SCAN) return { shown, next: {} };
    after = rows.at(-1)![0];
  }
}
