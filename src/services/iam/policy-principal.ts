// What IAM checks in the Principal of a trust policy. That a user or a role exists is not asked (README.md).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
// The message: recorded in many reports of CreateRole and UpdateAssumeRolePolicy, the kind in capitals.

const ID = /^A(IDA|ROA|IPA|GPA)[A-Z0-9]{12,}$/;
const IDENTITY = /^arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)\/[^*?]+)|sts::\d{12}:(assumed-role\/[^*?/]+\/[^*?/]+|federated-user\/[^*?/]+))$/;
const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/;
const PROVIDER = /^(arn:aws[\w-]*:iam::\d{12}:(oidc|saml)-provider\/.+|(cognito-identity|cognito-identity-us-gov)\.amazonaws\.com|www\.amazon\.com|graph\.facebook\.com|accounts\.google\.com)$/;

const VALID: Record<string, (value: string) => boolean> = {
  AWS: (value) => value === "*" || /^\d{12}$/.test(value) || ID.test(value) || IDENTITY.test(value),
  Service: (value) => SERVICE.test(value),
  Federated: (value) => PROVIDER.test(value),
};

/** Of a principal whose form is right already: "*", or lists of texts by kind. Undefined when there is nothing to say against it. */
export function principalProblem(principal: unknown): string | undefined {
  if (typeof principal !== "object" || principal === null) return undefined;
  for (const [kind, values] of Object.entries(principal))
    for (const value of [values].flat() as string[]) if (VALID[kind] && !VALID[kind](value)) return `Invalid principal in policy: "${kind.toUpperCase()}":"${value}"`;
  return undefined;
}
