// Which of a bucket's events go where: the rules of its notification configuration, and what they let through. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
import type { Event } from "@aws-sdk/client-s3";

/** An event's name without the "s3:", as records have it. */
export type EventName =
  | "ObjectCreated:Put" | "ObjectCreated:Post" | "ObjectCreated:Copy" | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete" | "ObjectRemoved:DeleteMarkerCreated"
  | "ObjectTagging:Put" | "ObjectTagging:Delete" | "ObjectAcl:Put" | "ObjectRetention:Put"
  | "LifecycleExpiration:Delete" | "LifecycleExpiration:DeleteMarkerCreated" | "LifecycleTransition"
  | "ObjectRestore:Post" | "ObjectRestore:Completed" | "ObjectRestore:Delete";

export type DestinationKind = "queue" | "topic" | "function";

export interface NotificationRule {
  id: string;
  kind: DestinationKind;
  arn: string;
  events: Event[];
  /** In the order they were given, as they are shown again. Undefined: there was no filter. */
  filter?: { name: "Prefix" | "Suffix"; value: string }[];
}

export interface NotificationRules {
  rules: NotificationRule[];
  eventBridge: boolean;
}

/** As in the URL of a form: space is +, and everything but letters, digits, "-", "_", ".", "*" and "/" is percent-encoded in UTF-8 (recorded for "@"; the rest is what Java's URLEncoder does). */
export const encodedKey = (key: string): string => encodeURIComponent(key).replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("%20", "+").replaceAll("%2F", "/");

const filterValue = ({ filter = [] }: NotificationRule, name: "Prefix" | "Suffix"): string => filter.find((rule) => rule.name === name)?.value ?? "";

/** `key`: encoded. */
export function wants(rule: NotificationRule, event: EventName, key: string): boolean {
  const family = event.slice(0, event.indexOf(":"));
  return (rule.events.includes(`s3:${event}` as Event) || rule.events.includes(`s3:${family}:*` as Event))
    && key.startsWith(filterValue(rule, "Prefix")) && key.endsWith(filterValue(rule, "Suffix"));
}

/** Some event on some key is of both rules. */
export function overlap(one: NotificationRule, other: NotificationRule): boolean {
  const sameEvent = one.events.some((event) => other.events.some((second) => sharesEvent(event, second)));
  const [prefix, prefix2, suffix, suffix2] = [filterValue(one, "Prefix"), filterValue(other, "Prefix"), filterValue(one, "Suffix"), filterValue(other, "Suffix")];
  return sameEvent && (prefix.startsWith(prefix2) || prefix2.startsWith(prefix)) && (suffix.endsWith(suffix2) || suffix2.endsWith(suffix));
}

function sharesEvent(one: string, other: string): boolean {
  const covers = (wide: string, narrow: string) => wide.endsWith(":*") && narrow.startsWith(wide.slice(0, -1));
  return one === other || covers(one, other) || covers(other, one);
}
