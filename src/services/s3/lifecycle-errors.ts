// What PutBucketLifecycleConfiguration and RestoreObject refuse.
// Sentences without a note are recorded (LocalStack's snapshots) or quoted from S3 in many public reports and in compatible stores' tests; "our words" where S3's are not known.
import { ServiceError } from "../../kernel/errors.ts";

const error = (code: string, status: number, message: string, members: Record<string, string> = {}, headers: Record<string, string> = {}) => new ServiceError(code, message, { status, members, headers });
const argument = (message: string, name: string, value: unknown) => error("InvalidArgument", 400, message, { ArgumentName: name, ArgumentValue: String(value) });
const request = (message: string) => error("InvalidRequest", 400, message);

// The rules as a whole
export const noRules = () => request("At least one lifecycle rule must be specified.");
export const tooManyRules = () => request("The number of lifecycle rules must not exceed the allowed limit of 1000 rules.");
export const ruleIdTooLong = (id: string) => argument("ID length should not exceed allowed limit of 255", "ID", id);
export const sameRuleId = (id: string) => argument("Rule ID must be unique. Found same ID for more than one rule", "ID", id);
export const filterBesidePrefix = () => request("Filter element can only be used in Lifecycle V2.");
export const prefixBesideFilter = () => request("Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.");
export const newerBesidePrefix = () => request("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
export const overlappingPrefixes = (one: string, other: string, action: string) => request(`Found overlapping prefixes '${one}' and '${other}' for same action type '${action}'`);
export const unknownMinimumSize = (value: string) => request(`Invalid TransitionDefaultMinimumObjectSize found: ${value}`);

// Filters
export const sameTagKey = () => request("Duplicate Tag Keys are not allowed.");
export const sizeOutside = (name: string, least: number) => request(`'${name}' should be between ${least} and 1099511627776000.`);
export const sizesCrossed = () => request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
export const notWithTags = (what: string) => request(`${what} cannot be specified with Tags.`);
export const notWithSize = (what: string) => request(`${what} cannot be specified with Object Size.`);
/** Our words. */
export const prefixTooLong = (prefix: string) => argument("The maximum size of a prefix is 1024", "Prefix", prefix.slice(0, 100));

// Actions
export const noAction = () => request("At least one action needs to be specified in a rule");
export const notMidnight = (dateMs: number) => argument("'Date' must be at midnight GMT", "Date", new Date(dateMs).toUTCString());
export const notPositive = (name: string, action: string, value: number) => argument(`'${name}' for ${action} action must be a positive integer`, name, value);
export const newerNotPositive = (value: number) => argument("'NewerNoncurrentVersions' must be a positive integer", "NewerNoncurrentVersions", value);
export const notNonnegative = (name: string, action: string, value: number) => argument(`'${name}' in ${action} action must be nonnegative`, name, value);
export const tooSoon = (name: string, action: string, least: number, storageClass: string, value: number) => argument(`'${name}' in ${action} action must be greater than or equal to ${least} for storageClass '${storageClass}'`, name, value);
export const sameClass = (action: string, filter: string) => request(`'StorageClass' must be different for '${action}' actions in same 'Rule' with filter '${filter}'`);
export const mixedTimes = (actions: string, filter: string) => request(`Found mixed 'Date' and 'Days' based ${actions} actions in lifecycle rule for filter '${filter}'`);
export const wrongOrder = (name: string, action: string, filter: string, later: string, earlier: string) =>
  argument(`'${name}' in the ${action} action for StorageClass '${later}' for filter '${filter}' must be greater than '${name}' in the ${action} action for StorageClass '${earlier}' for filter '${filter}'`, name, later);
export const expiresTooSoon = (name: string, expiration: string, transition: string, filter: string) => argument(`'${name}' in the ${expiration} action for filter '${filter}' must be greater than '${name}' in the ${transition} action`, name, filter);

// Archived objects
export const isArchived = (storageClass: string) => error("InvalidObjectState", 403, "The operation is not valid for the object's storage class", { StorageClass: storageClass });
export const sourceIsArchived = (storageClass: string) => error("InvalidObjectState", 403, "Operation is not valid for the source object's storage class", { StorageClass: storageClass });
/** Recalled, as are the next three; the codes are documented. */
export const notArchived = (storageClass: string) => error("InvalidObjectState", 403, "Restore is not allowed for the object's current storage class", { StorageClass: storageClass });
export const restoreInProgress = () => error("RestoreAlreadyInProgress", 409, "Object restore is already in progress");
export const tierNotSupported = (tier: string) => argument("Retrieval option is not supported by this storage class", "Tier", tier);
export const restoreDaysOutside = (days: number) => argument("Restoration days should be at least 1", "Days", days);
