// What IAM knows of a user or a role that an access decision needs: its policies, its boundary, its tags, whom it trusts.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html

export interface AppliedPolicy {
  name: string;
  /** JSON text. */
  document: string;
  /** Where it is: inside the user, role or one of the user's groups, or a managed policy attached to one of them. */
  source: "user" | "role" | "group" | "aws-managed" | "user-managed";
}

export interface AppliedPolicies {
  identity: AppliedPolicy[];
  /** The permissions boundary's JSON text. A boundary that cannot be found allows nothing, and is a document that says so. */
  boundary?: string;
  tags: Record<string, string>;
  /** AIDA… or AROA…: another one, when somebody of that name was deleted and made again. */
  id: string;
  path: string;
  /** Changes whenever any of this changes (and may change without). */
  revision: string;
}

export interface IdentityPolicies {
  /** Of a user, a role, or an assumed role's session, by ARN; undefined when there is no such user or role. */
  find(principalArn: string): Promise<AppliedPolicies | undefined>;
  /** Who may assume a role, as JSON text; undefined when there is no such role. */
  trustPolicy(roleArn: string): Promise<string | undefined>;
  /** A managed policy's default version, as JSON text; undefined when there is none of that ARN. */
  managedPolicy(arn: string): Promise<string | undefined>;
  /** Rises with every change in IAM of that account, by whichever process: one read of one small document, so cheap enough to compare per request. */
  epoch(account: string): Promise<number>;
}
