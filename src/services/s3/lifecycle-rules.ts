// A lifecycle configuration as requests have it: read and checked, and shown again. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
import type { LifecycleRule as GivenRule, LifecycleRuleFilter, TransitionStorageClass } from "@aws-sdk/client-s3";
import { malformedXml } from "./errors.ts";
import type { Lifecycle, LifecycleRule } from "./lifecycle.ts";
import { DAY_MS, prefixOf } from "./lifecycle.ts";
import { expiresTooSoon, filterBesidePrefix, mixedTimes, newerBesidePrefix, newerNotPositive, noAction, noRules, notMidnight, notNonnegative, notPositive, notWithSize, notWithTags, overlappingPrefixes, prefixBesideFilter, prefixTooLong, ruleIdTooLong, sameClass, sameRuleId, sameTagKey, sizeOutside, sizesCrossed, tooManyRules, tooSoon, unknownMinimumSize, wrongOrder } from "./lifecycle-errors.ts";
import { depthOf, TRANSITION_CLASSES } from "./storage-classes.ts";

const RULES_MAX = 1000;
const ID_CHARACTERS_MAX = 255;
const PREFIX_BYTES_MAX = 1024;
const FILTER_BYTES_MAX = 1_099_511_627_776_000;
/** Into STANDARD_IA and ONEZONE_IA an object goes after this many days, not earlier. */
const INFREQUENT_DAYS_MIN = 30;

/** Throws InvalidArgument, InvalidRequest, MalformedXML. `makeId`: for rules without one. */
export function readLifecycle(given: GivenRule[] | undefined, minimumSize: string | undefined, makeId: () => string): Lifecycle {
  if (minimumSize !== undefined && minimumSize !== "all_storage_classes_128K" && minimumSize !== "varies_by_storage_class") throw unknownMinimumSize(minimumSize);
  if (!given?.length) throw noRules();
  if (given.length > RULES_MAX) throw tooManyRules();
  const ids = new Set<string>();
  for (const { ID: id } of given) {
    if (!id) continue;
    if (id.length > ID_CHARACTERS_MAX) throw ruleIdTooLong(id);
    if (ids.has(id)) throw sameRuleId(id);
    ids.add(id);
  }
  // "Lifecycle V2", as S3's answers call it, is where the first rule has a filter.
  const hasFilters = given[0]!.Filter !== undefined;
  const rules = given.map((rule) => readRule(rule, hasFilters, makeId));
  if (!hasFilters) checkPrefixes(rules);
  return { rules, minimumSize: minimumSize ?? "all_storage_classes_128K" };
}

function readRule(given: GivenRule, hasFilters: boolean, makeId: () => string): LifecycleRule {
  const { ID, Status, Prefix, Filter } = given;
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if (Prefix === undefined && Filter === undefined) throw malformedXml();
  if (hasFilters && Prefix !== undefined) throw prefixBesideFilter();
  if (!hasFilters && Filter !== undefined) throw filterBesidePrefix();
  checkFilter({ ...Filter, ...(Prefix !== undefined && { Prefix }) });
  const rule: LifecycleRule = { ID: ID || makeId(), Status, ...(Prefix !== undefined && { Prefix }), ...(Filter && { Filter }), ...actionsOf(given) };
  if (!(rule.Expiration ?? rule.Transitions ?? rule.NoncurrentVersionExpiration ?? rule.NoncurrentVersionTransitions ?? rule.AbortIncompleteMultipartUpload)) throw noAction();
  checkActions(rule, hasFilters);
  return rule;
}

/** One criterion, or And with several. */
function checkFilter(filter: LifecycleRuleFilter): void {
  const { And, ...single } = filter;
  if (Object.values(filter).filter((value) => value !== undefined).length > 1) throw malformedXml();
  const { Prefix, Tag, Tags = Tag ? [Tag] : [], ObjectSizeGreaterThan: more, ObjectSizeLessThan: less } = { Tags: undefined, ...single, ...And };
  if (Prefix !== undefined && Buffer.byteLength(Prefix) > PREFIX_BYTES_MAX) throw prefixTooLong(Prefix);
  if (Tags.some(({ Key, Value }) => !Key || Value === undefined)) throw malformedXml();
  if (new Set(Tags.map(({ Key }) => Key)).size < Tags.length) throw sameTagKey();
  if (more !== undefined && (more < 0 || more > FILTER_BYTES_MAX)) throw sizeOutside("ObjectSizeGreaterThan", 0);
  if (less !== undefined && (less < 1 || less > FILTER_BYTES_MAX)) throw sizeOutside("ObjectSizeLessThan", 1);
  if (more !== undefined && less !== undefined && less <= more) throw sizesCrossed();
}

/** What the schema asks of each action; dates become numbers. */
function actionsOf({ Expiration, Transitions, NoncurrentVersionExpiration: noncurrent, NoncurrentVersionTransitions: moves, AbortIncompleteMultipartUpload: abort }: GivenRule): Omit<LifecycleRule, "ID" | "Status"> {
  const dated = <T extends { Date?: Date | undefined; Days?: number | undefined }>({ Date: date, ...rest }: T) => ({ ...rest, ...(date && { dateMs: date.getTime() }) });
  const isOne = (...values: unknown[]) => values.filter((value) => value !== undefined).length === 1;
  if (Expiration && !isOne(Expiration.Date, Expiration.Days, Expiration.ExpiredObjectDeleteMarker)) throw malformedXml();
  if (Transitions?.some(({ Date: date, Days, StorageClass }) => !isOne(date, Days) || !TRANSITION_CLASSES.has(StorageClass ?? ""))) throw malformedXml();
  if (noncurrent && noncurrent.NoncurrentDays === undefined) throw malformedXml();
  if (moves?.some(({ NoncurrentDays, StorageClass }) => NoncurrentDays === undefined || !TRANSITION_CLASSES.has(StorageClass ?? ""))) throw malformedXml();
  if (abort && abort.DaysAfterInitiation === undefined) throw malformedXml();
  return {
    ...(Expiration && { Expiration: dated(Expiration) as NonNullable<LifecycleRule["Expiration"]> }),
    ...(Transitions?.length && { Transitions: Transitions.map(dated) as NonNullable<LifecycleRule["Transitions"]> }),
    ...(noncurrent && { NoncurrentVersionExpiration: noncurrent as NonNullable<LifecycleRule["NoncurrentVersionExpiration"]> }),
    ...(moves?.length && { NoncurrentVersionTransitions: moves as NonNullable<LifecycleRule["NoncurrentVersionTransitions"]> }),
    ...(abort && { AbortIncompleteMultipartUpload: abort as NonNullable<LifecycleRule["AbortIncompleteMultipartUpload"]> }),
  };
}

const isWhole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least && value < 2 ** 31;

function checkActions(rule: LifecycleRule, hasFilters: boolean): void {
  const { Expiration, NoncurrentVersionExpiration: noncurrent, AbortIncompleteMultipartUpload: abort } = rule;
  if (Expiration?.Days !== undefined && !isWhole(Expiration.Days, 1)) throw notPositive("Days", "Expiration", Expiration.Days);
  if (Expiration?.dateMs !== undefined) checkMidnight(Expiration.dateMs);
  if (noncurrent && !isWhole(noncurrent.NoncurrentDays, 1)) throw notPositive("NoncurrentDays", "NoncurrentVersionExpiration", noncurrent.NoncurrentDays);
  if (noncurrent?.NewerNoncurrentVersions !== undefined) checkNewer(noncurrent.NewerNoncurrentVersions, hasFilters);
  if (abort && !isWhole(abort.DaysAfterInitiation, 1)) throw notPositive("DaysAfterInitiation", "AbortIncompleteMultipartUpload", abort.DaysAfterInitiation);
  const { Tag, Tags, ObjectSizeGreaterThan, ObjectSizeLessThan } = { Tags: undefined, ...rule.Filter, ...rule.Filter?.And };
  for (const [what, there] of [["ExpiredObjectDeleteMarker", Expiration?.ExpiredObjectDeleteMarker !== undefined], ["AbortIncompleteMultipartUpload", abort !== undefined]] as const) {
    if (there && (Tag ?? Tags?.[0])) throw notWithTags(what);
    if (there && (ObjectSizeGreaterThan ?? ObjectSizeLessThan) !== undefined) throw notWithSize(what);
  }
  checkTransitions(rule);
  checkNoncurrentTransitions(rule, hasFilters);
}

function checkMidnight(dateMs: number): void {
  if (dateMs % DAY_MS !== 0) throw notMidnight(dateMs);
}

function checkNewer(value: number, hasFilters: boolean): void {
  if (!hasFilters) throw newerBesidePrefix();
  if (!isWhole(value, 1)) throw newerNotPositive(value);
}

/** What S3 calls a rule's filter in its sentences: "(prefix=logs/)". */
function filterText(rule: LifecycleRule): string {
  const { Tag, Tags, ObjectSizeGreaterThan: more, ObjectSizeLessThan: less } = { Tags: undefined, ...rule.Filter, ...rule.Filter?.And };
  const tags = (Tag ? [Tag] : Tags ?? []).map(({ Key, Value }) => `tag={key=${Key}, value=${Value}}`);
  const sizes = [...(more === undefined ? [] : [`objectsizegreaterthan=${more}`]), ...(less === undefined ? [] : [`objectsizelessthan=${less}`])];
  const prefix = prefixOf(rule);
  const parts = [...(prefix !== "" || tags.length + sizes.length === 0 ? [`prefix=${prefix}`] : []), ...tags, ...sizes];
  return `(${parts.join(" and ")})`;
}

function checkTransitions(rule: LifecycleRule): void {
  const { Transitions: transitions = [], Expiration } = rule;
  for (const { Days, dateMs, StorageClass } of transitions) {
    if (dateMs !== undefined) checkMidnight(dateMs);
    if (Days !== undefined) checkDays("Days", "Transition", Days, StorageClass);
  }
  if (transitions.length === 0) return;
  const filter = filterText(rule);
  const byDate = transitions[0]!.dateMs !== undefined;
  if (transitions.some(({ dateMs }) => (dateMs !== undefined) !== byDate)) throw mixedTimes("Transition", filter);
  const name = byDate ? "Date" : "Days";
  const times = transitions.map(({ Days, dateMs, StorageClass }) => ({ StorageClass, at: byDate ? dateMs! : Days! }));
  checkOrder(name, "Transition", times, filter);
  const [wanted, other] = byDate ? [Expiration?.dateMs, Expiration?.Days] : [Expiration?.Days, Expiration?.dateMs];
  if (other !== undefined) throw mixedTimes("Expiration and Transition", filter);
  if (wanted !== undefined && times.some(({ at }) => at >= wanted)) throw expiresTooSoon(name, "Expiration", "Transition", filter);
}

function checkNoncurrentTransitions(rule: LifecycleRule, hasFilters: boolean): void {
  const { NoncurrentVersionTransitions: moves = [], NoncurrentVersionExpiration: expiration } = rule;
  for (const { NoncurrentDays, NewerNoncurrentVersions, StorageClass } of moves) {
    checkDays("NoncurrentDays", "NoncurrentVersionTransition", NoncurrentDays, StorageClass);
    if (NewerNoncurrentVersions !== undefined) checkNewer(NewerNoncurrentVersions, hasFilters);
  }
  if (moves.length === 0) return;
  const filter = filterText(rule);
  checkOrder("NoncurrentDays", "NoncurrentVersionTransition", moves.map(({ StorageClass, NoncurrentDays }) => ({ StorageClass, at: NoncurrentDays })), filter);
  if (expiration && moves.some(({ NoncurrentDays }) => NoncurrentDays >= expiration.NoncurrentDays)) throw expiresTooSoon("NoncurrentDays", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", filter);
}

function checkDays(name: string, action: string, days: number, storageClass: string): void {
  if (!isWhole(days, 0)) throw notNonnegative(name, action, days);
  if (/^(STANDARD|ONEZONE)_IA$/.test(storageClass) && days < INFREQUENT_DAYS_MIN) throw tooSoon(name, action, INFREQUENT_DAYS_MIN, storageClass, days);
}

/** A class once, and one further down later. */
function checkOrder(name: string, action: string, moves: { StorageClass: string; at: number }[], filter: string): void {
  if (new Set(moves.map(({ StorageClass }) => StorageClass)).size < moves.length) throw sameClass(action, filter);
  const sorted = [...moves].sort((one, other) => depthOf(one.StorageClass) - depthOf(other.StorageClass));
  sorted.slice(1).forEach((move, index) => {
    if (move.at <= sorted[index]!.at) throw wrongOrder(name, action, filter, move.StorageClass, sorted[index]!.StorageClass);
  });
}

const ACTIONS = ["Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions", "AbortIncompleteMultipartUpload"] as const;

/** Without filters no two rules may do the same to the same keys. In order of prefixes, one that begins another begins the one behind it. */
function checkPrefixes(rules: LifecycleRule[]): void {
  for (const action of ACTIONS) {
    const prefixes = rules.filter((rule) => rule[action]).map(prefixOf).sort();
    prefixes.slice(1).forEach((prefix, index) => {
      if (prefix.startsWith(prefixes[index]!)) throw overlappingPrefixes(prefixes[index]!, prefix, action.replace(/s$/, ""));
    });
  }
}

export const showRules = ({ rules }: Lifecycle): GivenRule[] => rules.map(({ Expiration, Transitions, NoncurrentVersionTransitions, ...rule }) => ({
  ...(rule as Omit<GivenRule, "Expiration" | "Transitions" | "NoncurrentVersionTransitions">),
  ...(Expiration && { Expiration: shownDate(Expiration) }),
  ...(Transitions && { Transitions: Transitions.map((one) => shownDate(one)) as { StorageClass: TransitionStorageClass }[] }),
  ...(NoncurrentVersionTransitions && { NoncurrentVersionTransitions: NoncurrentVersionTransitions as { NoncurrentDays: number; StorageClass: TransitionStorageClass }[] }),
}));

const shownDate = <T extends { dateMs?: number }>({ dateMs, ...rest }: T) => ({ ...rest, ...(dateMs !== undefined && { Date: new Date(dateMs) }) });
