// Asking "what would be decided" of policies given in the request: for IAM's policy simulator.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html

export interface SimulatedPolicy {
  /** As it is named in the answer. */
  id: string;
  /** JSON text. */
  document: string;
}

export interface Simulation {
  identity: SimulatedPolicy[];
  boundary?: SimulatedPolicy[];
  resourcePolicy?: SimulatedPolicy;
  /** Whose the resources are: an account's ARN; absent is the caller's. */
  resourceOwner?: string;
  /** A user's ARN; absent is nobody in particular. */
  callerArn?: string;
  /** Every action on every resource is a result, in this order; `from` the first wanted, at most `limit`: there may be very many. */
  actions: string[];
  resources: string[];
  from: number;
  limit: number;
  context: Record<string, string[]>;
}

export interface SimulatedMatch {
  id: string;
  start: { line: number; column: number };
  end: { line: number; column: number };
}

export interface Simulated {
  action: string;
  resource: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  matched: SimulatedMatch[];
  /** Keys that policies ask for and the request did not have. */
  missingKeys: string[];
  /** Absent when there is no boundary. */
  allowedByBoundary?: boolean;
}

export interface PolicySimulator {
  /** Every action on every resource, actions first. */
  simulate(simulation: Simulation): Simulated[];
  /** The condition keys that documents ask for, as they write them, each once. */
  contextKeys(documents: string[]): string[];
}
