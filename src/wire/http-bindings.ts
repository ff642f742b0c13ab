// Where each member lives in a REST message: planned once per operation, then only followed. https://smithy.io/2.0/spec/http-bindings.html
import type { WireRequest } from "./http.ts";
import { base64Of, readText, unreadable, writeText } from "./scalars.ts";
import { type Member, put, type Shape } from "./shape.ts";

export interface InputPlan {
  labels: Member[];
  headers: { member: Member; header: string }[];
  prefixHeaders: { member: Member; prefix: string }[];
  query: { member: Member; key: string }[];
  queryParams?: Member;
  /** Query keys bound elsewhere, so not part of queryParams. */
  boundQuery: Set<string>;
  payload?: Member;
  /** Members of the body, when no single member is the payload. */
  body: Member[];
}

export interface OutputPlan {
  statusMember?: Member;
  headers: { member: Member; header: string }[];
  prefixHeaders: { member: Member; prefix: string }[];
  payload?: Member;
  body: Member[];
}

export function planInput(shape: Shape, staticQuery: [string, string][]): InputPlan {
  const plan: InputPlan = { labels: [], headers: [], prefixHeaders: [], query: [], boundQuery: new Set(staticQuery.map(([key]) => key)), body: [] };
  for (const member of shape.members) {
    const { traits } = member;
    if (traits.httpLabel) plan.labels.push(member);
    else if (traits.httpHeader) plan.headers.push({ member, header: traits.httpHeader.toLowerCase() });
    else if (traits.httpPrefixHeaders !== undefined) plan.prefixHeaders.push({ member, prefix: traits.httpPrefixHeaders.toLowerCase() });
    else if (traits.httpQuery) {
      plan.query.push({ member, key: traits.httpQuery });
      plan.boundQuery.add(traits.httpQuery);
    } else if (traits.httpQueryParams) plan.queryParams = member;
    else if (traits.httpPayload) plan.payload = member;
    else if (!traits.httpResponseCode) plan.body.push(member);
  }
  return plan;
}

/** In an answer only these leave the body; a query trait on a shared member means nothing there. */
export function planOutput(shape: Shape): OutputPlan {
  const plan: OutputPlan = { headers: [], prefixHeaders: [], body: [] };
  for (const member of shape.members) {
    const { traits } = member;
    if (traits.httpResponseCode) plan.statusMember = member;
    else if (traits.httpHeader) plan.headers.push({ member, header: traits.httpHeader.toLowerCase() });
    else if (traits.httpPrefixHeaders !== undefined) plan.prefixHeaders.push({ member, prefix: traits.httpPrefixHeaders.toLowerCase() });
    else if (traits.httpPayload) plan.payload = member;
    else plan.body.push(member);
  }
  return plan;
}

/** Everything but the body. `emptyIsNoNumber`: S3 takes `max-parts=` for nothing said (recorded by LocalStack). */
export function readBindings(plan: InputPlan, labels: Record<string, string>, query: URLSearchParams, request: WireRequest, emptyIsNoNumber = false): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of plan.labels) {
    const text = labels[member.name];
    if (text !== undefined) input[member.name] = readText(member.shape, text);
  }
  for (const { member, header } of plan.headers) {
    const text = request.headers[header];
    if (text !== undefined) input[member.name] = readHeader(member, text);
  }
  for (const { member, key } of plan.query) {
    if (member.shape.kind === "list") {
      const values = query.getAll(key);
      if (values.length) input[member.name] = values.map((text) => readText(member.shape.value!.shape, text));
    } else {
      const text = query.get(key);
      if (text !== null && !(emptyIsNoNumber && text === "" && member.shape.kind === "number")) input[member.name] = readText(member.shape, text);
    }
  }
  for (const { member, prefix } of plan.prefixHeaders) readPrefixHeaders(member, prefix, request, input);
  if (plan.queryParams) input[plan.queryParams.name] = readQueryParams(plan, plan.queryParams, query);
  return input;
}

function readHeader(member: Member, text: string): unknown {
  const { shape } = member;
  if (shape.kind === "list") return splitHeader(text, shape.value!.shape).map((part) => readText(shape.value!.shape, part));
  // A JSON string in a header travels as base64.
  if (shape.kind === "string" && member.traits.mediaType) return Buffer.from(text, "base64").toString();
  return readText(shape, text);
}

/** Commas separate; quotes keep commas; an http-date holds one comma of its own. */
function splitHeader(text: string, item: Shape): string[] {
  if (item.kind === "timestamp" && (item.format ?? "http-date") === "http-date") return text.match(/[^,]+,[^,]+/g)?.map((part) => part.trim()) ?? [text];
  const parts = text.match(/\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)/g) ?? [];
  if (!text.endsWith(",")) parts.pop(); // the empty match at the end
  return parts.map((part) => {
    const bare = part.replace(/,$/, "").trim();
    return bare.startsWith('"') && bare.endsWith('"') && bare.length > 1 ? bare.slice(1, -1).replace(/\\(.)/g, "$1") : bare;
  });
}

function readPrefixHeaders(member: Member, prefix: string, request: WireRequest, input: Record<string, unknown>): void {
  const found: Record<string, unknown> = {};
  let any = false;
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith(prefix)) continue;
    any = true;
    put(found, name.slice(prefix.length), value);
  }
  if (any) input[member.name] = found;
}

function readQueryParams(plan: InputPlan, member: Member, query: URLSearchParams): Record<string, unknown> {
  const listed = member.shape.value?.shape.kind === "list";
  const out: Record<string, unknown> = {};
  for (const key of new Set(query.keys())) if (!plan.boundQuery.has(key)) put(out, key, listed ? query.getAll(key) : query.get(key));
  return out;
}

/** Fills headers; the answer is the status. */
export function writeBindings(plan: OutputPlan, output: Record<string, unknown>, status: number, headers: Record<string, string>): number {
  for (const { member, header } of plan.headers) {
    const value = output[member.name];
    if (value !== undefined && value !== null) headers[header] = headerSafe(writeHeader(member, value));
  }
  for (const { member, prefix } of plan.prefixHeaders) {
    for (const [key, value] of Object.entries((output[member.name] as object | undefined) ?? {})) headers[(prefix + key).toLowerCase()] = headerSafe(String(value));
  }
  const own = plan.statusMember && output[plan.statusMember.name];
  return typeof own === "number" ? own : status;
}

function writeHeader(member: Member, value: unknown): string {
  const { shape } = member;
  if (shape.kind === "list") return (value as unknown[]).map((item) => quoteIfNeeded(shape.value!.shape, writeText(shape.value!.shape, item, "http-date"))).join(", ");
  if (shape.kind === "string" && member.traits.mediaType) return base64Of(Buffer.from(String(value)));
  return writeText(shape, value, "http-date");
}

const quoteIfNeeded = (shape: Shape, text: string): string => (shape.kind !== "timestamp" && /[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text);

/** What a header cannot hold would split the answer or break the socket. */
function headerSafe(text: string): string {
  return /[^\t\x20-\x7e\x80-\xff]/.test(text) ? text.replace(/[^\t\x20-\x7e\x80-\xff]/g, " ") : text;
}

export function readPayloadText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable("");
  }
}
