// Policy documents made ready to be asked: statements with their wildcards, conditions and variables taken apart once.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
import { type Condition, conditionOf } from "./conditions.ts";
import { foldedGlob, type Glob } from "./glob.ts";
import { type Positions, statementPositions } from "./positions.ts";
import { keysOf, type Template, templateOf } from "./variables.ts";

export interface Statement {
  effect: "Allow" | "Deny";
  /** `except`: NotAction, NotResource, NotPrincipal. */
  actions: { globs: Glob[]; except: boolean };
  /** Absent where a policy has none, as a trust policy: it is about its own resource. */
  resources?: { patterns: Template[]; except: boolean };
  /** By kind (AWS, Service, Federated, CanonicalUser); "*" is { AWS: ["*"] }. Absent in identity-based policies. */
  principals?: { by: Record<string, string[]>; except: boolean };
  conditions: Condition[];
  sid?: string;
  /** Where its braces are in the text, from 1. */
  at?: Positions;
}

export interface Policy {
  /** What it is called: a policy's name, or its ARN. */
  name: string;
  /** For telling them apart. */
  kind: string;
  statements: Statement[];
  /** Condition keys it asks about, in lower case. */
  keys: string[];
}

/** What is no statement neither allows nor denies; documents are checked when they are stored. */
export function policyOf(document: string, name = "", kind = ""): Policy {
  const parsed = parse(document);
  const variables = parsed["Version"] === "2012-10-17";
  const positions = statementPositions(document);
  const statements = [parsed["Statement"] ?? []].flat().map((raw, index) => statementOf(raw, variables, positions[index])).filter((statement) => statement !== undefined);
  const keys = new Set(statements.flatMap(({ conditions, resources }) => [...conditions.flatMap(({ key, values }) => [key, ...values.flatMap(keysOf)]), ...(resources?.patterns ?? []).flatMap(keysOf)]));
  return { name, kind, statements, keys: [...keys] };
}

function parse(document: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(document);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function statementOf(raw: unknown, variables: boolean, at: Positions | undefined): Statement | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const given = raw as Record<string, unknown>;
  const effect = given["Effect"];
  if (effect !== "Allow" && effect !== "Deny") return undefined;
  const understood = conditionsOf(given["Condition"], variables);
  // A condition that nobody understands is never met by a grant, and always by a denial.
  if (!understood && effect === "Allow") return undefined;
  const conditions = understood ?? [];
  const except = (name: string) => given[name] === undefined && given[`Not${name}`] !== undefined;
  const resources = given["Resource"] ?? given["NotResource"];
  const principals = given["Principal"] ?? given["NotPrincipal"];
  return {
    effect, conditions,
    actions: { globs: texts(given["Action"] ?? given["NotAction"]).map(foldedGlob), except: except("Action") },
    ...(resources === undefined ? {} : { resources: { patterns: texts(resources).map((text) => templateOf(text, variables)), except: except("Resource") } }),
    ...(principals === undefined ? {} : { principals: { by: principalsOf(principals), except: except("Principal") } }),
    ...(typeof given["Sid"] === "string" ? { sid: given["Sid"] } : {}),
    ...(at ? { at } : {}),
  };
}

function conditionsOf(raw: unknown, variables: boolean): Condition[] | undefined {
  if (raw === undefined) return [];
  if (typeof raw !== "object" || raw === null) return undefined;
  const found: Condition[] = [];
  for (const [operator, keys] of Object.entries(raw)) {
    for (const [key, values] of Object.entries((keys ?? {}) as Record<string, unknown>)) {
      const condition = conditionOf(operator, key, texts(values), variables);
      if (!condition) return undefined;
      found.push(condition);
    }
  }
  return found;
}

function principalsOf(raw: unknown): Record<string, string[]> {
  if (raw === "*") return { AWS: ["*"] };
  if (typeof raw !== "object" || raw === null) return {};
  return Object.fromEntries(Object.entries(raw).map(([kind, values]) => [kind, texts(values)]));
}

const texts = (value: unknown): string[] => (value === undefined ? [] : [value].flat().filter((one) => ["string", "number", "boolean"].includes(typeof one)).map(String));
