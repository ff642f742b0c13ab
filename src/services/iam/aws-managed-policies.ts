// The policies of AWS's own that functions, and those who look after them, are usually given: attachable and readable like in AWS, in their newest version.
// Published in https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html; taken from moto 5.2.5's machine-readable copy (2026-10).
// Whole, but for ReadOnlyAccess, ViewOnlyAccess and SecurityAudit: of their thousands of actions, those of services that are or may be here.
import policies from "./aws-managed-policies.json" with { type: "json" };

export interface AwsManagedPolicy {
  name: string;
  path: string;
  version: string;
  createdAt: string;
  updatedAt: string;
  document: object;
}

export const AWS_MANAGED_POLICIES: readonly AwsManagedPolicy[] = policies;
