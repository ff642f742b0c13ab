// The decision itself, from policies and a request alone.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html · https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
import { holds } from "./conditions.ts";
import type { RequestContext } from "./context.ts";
import { arnGlobOf, matches } from "./glob.ts";
import type { Policy, Statement } from "./policy.ts";
import { resolve } from "./variables.ts";
import { type Grant, named, type Who } from "./who.ts";

export interface Asked {
  who: Who;
  /** In lower case. */
  action: string;
  resource: string;
  /** Whose the resource is; "" when that is not known, and then it is the caller's. */
  owner: string;
  context: RequestContext;
  policies: {
    identity: readonly Policy[];
    boundary?: Policy;
    /** Present when the session was opened with policies: it can do no more than these. */
    session?: readonly Policy[];
    resource?: Policy;
  };
}

export type Layer = "identity" | "resource" | "boundary" | "session" | "trust";

export interface Match { policy: Policy; statement: Statement }

export interface Verdict {
  allowed: boolean;
  /** A statement denied it. */
  explicit: boolean;
  /** Which kind of policy decided it. */
  layer: Layer;
  allows: Match[];
  denies: Match[];
}

interface Scan { allows: Match[]; denies: Match[]; grant: Grant | undefined }

export function evaluate(asked: Asked): Verdict {
  const { who, policies } = asked;
  const trust = isTrust(asked);
  const identity = scan(asked, policies.identity);
  const boundary = policies.boundary && scan(asked, [policies.boundary]);
  const session = policies.session && scan(asked, policies.session);
  const resource = scan(asked, policies.resource ? [policies.resource] : []);
  const scans: [Layer, Scan | undefined][] = [["identity", identity], ["boundary", boundary], ["session", session], [trust ? "trust" : "resource", resource]];
  const allows = scans.flatMap(([, found]) => found?.allows ?? []);
  const denies = scans.flatMap(([, found]) => found?.denies ?? []);
  const denied = scans.find(([, found]) => found !== undefined && found.denies.length > 0);
  if (denied) return { allowed: false, explicit: true, layer: denied[0], allows, denies };
  const missing = whatIsMissing(asked, { identity, boundary, session, resource, trust });
  return { allowed: missing === undefined, explicit: false, layer: missing ?? "identity", allows: who.kind === "service" ? resource.allows : allows, denies };
}

interface Scans { identity: Scan; boundary: Scan | undefined; session: Scan | undefined; resource: Scan; trust: boolean }

/** The layer that would have had to allow it and did not. */
function whatIsMissing({ who, owner }: Asked, { identity, boundary, session, resource, trust }: Scans): Layer | undefined {
  const byResource = resource.grant;
  const fromResource: Layer = trust ? "trust" : "resource";
  if (who.kind === "service") return byResource ? undefined : fromResource;
  const ownAccount = owner === "" || owner === who.account;
  // A role may be assumed only if it trusts the caller, and a resource of another account is open only to whom it names.
  if ((trust || !ownAccount) && !byResource) return fromResource;
  // Named itself by a resource of its own account, a user or session needs nothing more: boundary and session policies deny only explicitly there.
  if (ownAccount && byResource === "direct") return undefined;
  // A role that is named gets its permission from there; an account that is named hands the question on to its identity-based policies.
  const granted = who.kind === "root" || identity.allows.length > 0 || (ownAccount && byResource === "role");
  if (!granted) return "identity";
  if (boundary && boundary.allows.length === 0) return "boundary";
  if (session && session.allows.length === 0) return "session";
  return undefined;
}

const isTrust = ({ action, resource }: Asked): boolean => action.startsWith("sts:") && resource.includes(":role/");

function scan(asked: Asked, policies: readonly Policy[]): Scan {
  const found: Scan = { allows: [], denies: [], grant: undefined };
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const grant = applies(statement, asked);
      if (!grant) continue;
      if (statement.effect === "Deny") found.denies.push({ policy, statement });
      else {
        found.allows.push({ policy, statement });
        if (found.grant !== "direct") found.grant = grant === "direct" || found.grant === undefined ? grant : found.grant === "account" ? grant : found.grant;
      }
    }
  }
  return found;
}

function applies(statement: Statement, { who, action, resource, context }: Asked): Grant | undefined {
  const { actions, resources, conditions } = statement;
  if (actions.globs.some((glob) => matches(glob, action)) === actions.except) return undefined;
  const grant = named(statement, who);
  if (!grant) return undefined;
  if (resources) {
    const covered = resources.patterns.some((pattern) => {
      const pieces = resolve(pattern, context);
      return pieces !== undefined && matches(arnGlobOf(pieces), resource);
    });
    if (covered === resources.except) return undefined;
  }
  return conditions.every((condition) => holds(condition, context)) ? grant : undefined;
}
