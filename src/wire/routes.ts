// Finds the REST operation a request addresses: a tree of path segments, built once per service.
// https://smithy.io/2.0/spec/http-bindings.html
import { ServiceError } from "../kernel/errors.ts";
import type { Operation, ServiceModel } from "./service-model.ts";

export interface Route {
  operation: Operation;
  method: string;
  /** Label names in the order of the path; the last may take the rest of it. */
  labels: string[];
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
  /** Routes whose last label takes everything from here on. */
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
  for (const operation of model.operations.values()) if (operation.http) addRoute(root, operation);
  return { root, strictSlash: model.signingName === "s3" };
}

function addRoute(root: Node, operation: Operation): void {
  const http = operation.http!;
  const labels: string[] = [];
  let node = root;
  let greedy = false;
  for (const segment of segmentsOf(http.path, false)) {
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
    operation, method: http.method, labels, staticQuery, mustHaveQuery, mustHaveHeader,
    bucketOutsidePath: required.some((member) => member.name === "Bucket") && !labels.includes("Bucket"),
    weight: staticQuery.length * 1000 + mustHaveQuery.length + mustHaveHeader.length,
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
  const found = walk(tree.root, 0, true) ?? walk(tree.root, 0, false);
  return found && { operation: found.operation, labels: labelsOf(found.route, found.values) };

  function walk(node: Node, at: number, strict: boolean): { operation: Operation; route: Route; values: string[] } | undefined {
    if (at === segments.length) return choose(node.ends, values.slice(), strict);
    const literal = node.literals.get(segments[at]!);
    const byLiteral = literal && walk(literal, at + 1, strict);
    if (byLiteral) return byLiteral;
    if (node.label && segments[at] !== "") {
      values.push(segments[at]!);
      const byLabel = walk(node.label, at + 1, strict);
      values.pop();
      if (byLabel) return byLabel;
    }
    return node.greedy.length ? choose(node.greedy, [...values, segments.slice(at).join("/")], strict) : undefined;
  }

  function choose(routes: Route[], routeValues: string[], strict: boolean) {
    let fallback: Route | undefined;
    for (const route of routes) {
      if (!fits(route, target, strict)) continue;
      if (!hint || hint === route.operation.name) return { operation: route.operation, route, values: routeValues };
      fallback ??= route;
    }
    return fallback && { operation: fallback.operation, route: fallback, values: routeValues };
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
