// Finds the REST operation a request addresses: a tree of path segments, built once per service.
// https://smithy.io/2.0/spec/http-bindings.html
import { ServiceError } from "../kernel/errors.ts";
import type { Operation, ServiceModel } from "./service-model.ts";

export interface Route {
  operation: Operation;
  method: string;
  /** Label names in the order of the path; the last may take the rest of it, but for `suffix`. */
  labels: string[];
  /** What follows a label that takes several segments: "policy" in /mrap/instances/{Name+}/policy. */
  suffix: string[];
  staticQuery: [string, string][];
  mustHaveQuery: string[];
  mustHaveHeader: string[];
  /** The operation needs a bucket that no part of its path carries (S3 only). */
  bucketOutsidePath: boolean;
  weight: number;
}

interface Node {
  literals: Map<string, Node>;
  label?: Node;
  /** Routes that end here. */
  ends: Route[];
  /** Routes whose last label takes everything from here on, but for their suffix. */
  greedy: Route[];
}

export interface RouteTree { root: Node; strictSlash: boolean }
export interface Match { operation: Operation; labels: Record<string, string> }
export interface Target { method: string; path: string; headers: Record<string, string>; query: URLSearchParams; bucketFound: boolean }

// "x-id" only helps S3 tell its own SDKs apart; other callers do not send it.
const OPTIONAL_QUERY = new Set(["x-id"]);
const newNode = (): Node => ({ literals: new Map(), ends: [], greedy: [] });

export function buildRoutes(model: ServiceModel): RouteTree {
  const root = newNode();
  for (const operation of model.operations.values()) if (operation.http) addRoute(root, operation, model.isS3);
  return { root, strictSlash: model.isS3 };
}

function addRoute(root: Node, operation: Operation, isS3: boolean): void {
  const http = operation.http!;
  const labels: string[] = [];
  let node = root;
  let greedy = false;
  const suffix: string[] = [];
  for (const segment of segmentsOf(http.path, false)) {
    if (greedy) {
      suffix.push(segment);
      continue;
    }
    const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (label) labels.push(label[1]!);
    if (label?.[2]) greedy = true;
    else if (label) node = node.label ??= newNode();
    else {
      let next = node.literals.get(segment);
      if (!next) node.literals.set(segment, (next = newNode()));
      node = next;
    }
  }
  const required = operation.input.members.filter((member) => member.required);
  const mustHaveQuery = required.flatMap((member) => member.traits.httpQuery ?? []);
  const mustHaveHeader = required.flatMap((member) => member.traits.httpHeader?.toLowerCase() ?? []);
  const staticQuery = http.staticQuery.filter(([key]) => !OPTIONAL_QUERY.has(key));
  const route: Route = {
    operation, method: http.method, labels, suffix, staticQuery, mustHaveQuery, mustHaveHeader,
    bucketOutsidePath: isS3 && required.some((member) => member.name === "Bucket") && !labels.includes("Bucket"),
    weight: suffix.length * 100_000 + staticQuery.length * 1000 + mustHaveQuery.length + mustHaveHeader.length,
  };
  const list = greedy ? node.greedy : node.ends;
  list.push(route);
  list.sort((a, b) => b.weight - a.weight);
}

/** Outside S3, whose keys may end in one, a slash at the end of a path means nothing. */
function segmentsOf(path: string, strictSlash: boolean): string[] {
  const segments = path.split("/");
  segments.shift();
  if (!strictSlash || segments.length === 1) while (segments.at(-1) === "") segments.pop();
  return segments;
}

export function matchRoute(tree: RouteTree, target: Target): Match | undefined {
  const segments = segmentsOf(target.path, tree.strictSlash);
  const values: string[] = [];
  const hint = target.query.get("x-id");
  // Two passes: operations that only differ by a required query or header must not hide the plain
  // answer "Member must not be null" when the caller left it out.
  const match = walk(tree.root, 0, true) ?? walk(tree.root, 0, false);
  return match && { operation: match.operation, labels: labelsOf(match.route, match.values) };

  function walk(node: Node, at: number, strict: boolean): { operation: Operation; route: Route; values: string[] } | undefined {
    if (at === segments.length) return choose(node.ends, segments.length, strict);
    const literal = node.literals.get(segments[at]!);
    const byLiteral = literal && walk(literal, at + 1, strict);
    if (byLiteral) return byLiteral;
    if (node.label && segments[at] !== "") {
      values.push(segments[at]!);
      const byLabel = walk(node.label, at + 1, strict);
      values.pop();
      if (byLabel) return byLabel;
    }
    return node.greedy.length ? choose(node.greedy, at, strict) : undefined;
  }

  /** `at`: where the segments begin that the last label takes. */
  function choose(routes: Route[], at: number, strict: boolean) {
    let fallback: Route | undefined;
    for (const route of routes) {
      if (!fits(route, target, strict) || !endsIn(route.suffix, at)) continue;
      if (!hint || hint === route.operation.name) return found(route, at);
      fallback ??= route;
    }
    return fallback && found(fallback, at);
  }

  function found(route: Route, at: number) {
    const rest = at === segments.length ? [] : [segments.slice(at, segments.length - route.suffix.length).join("/")];
    return { operation: route.operation, route, values: [...values, ...rest] };
  }

  function endsIn(suffix: string[], at: number): boolean {
    if (suffix.length === 0) return true;
    const start = segments.length - suffix.length;
    return start > at && suffix.every((segment, index) => segments[start + index] === segment);
  }
}

function fits(route: Route, { method, headers, query, bucketFound }: Target, strict: boolean): boolean {
  if (route.method !== method || route.bucketOutsidePath !== bucketFound) return false;
  for (const [key, value] of route.staticQuery) if (!query.has(key) || (value !== "" && query.get(key) !== value)) return false;
  if (!strict) return true;
  return route.mustHaveQuery.every((key) => query.has(key)) && route.mustHaveHeader.every((key) => headers[key] !== undefined);
}

function labelsOf(route: Route, values: string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  route.labels.forEach((name, index) => { labels[name] = decodePart(values[index] ?? ""); });
  return labels;
}

export function decodePart(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError("InvalidURI", "Couldn't parse the specified URI.");
  }
}
