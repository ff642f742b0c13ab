// AWS Identity and Access Management: roles, users, groups, policies and keys. Stored and read back; deciding by them is another part's work.
// https://docs.aws.amazon.com/IAM/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-iam";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { absentOperations } from "./absent.ts";
import { accessKeyOperations } from "./access-keys.ts";
import { accountOperations } from "./account.ts";
import { attachedPolicyOperations } from "./attached-policies.ts";
import { authorizationDetailsOperations } from "./authorization-details.ts";
import { boundaryOperations } from "./boundaries.ts";
import { credentialUseOperations } from "./credential-use.ts";
import { groupOperations } from "./groups.ts";
import { inlinePolicyOperations } from "./inline-policies.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { loginProfileOperations } from "./login-profiles.ts";
import { policyOperations } from "./policies.ts";
import { policyVersionOperations } from "./policy-versions.ts";
import { exactArn, resourceTags, standing } from "./resources.ts";
import { roleOperations } from "./roles.ts";
import { serviceLinkedRoleOperations } from "./service-linked-roles.ts";
import { simulateOperations } from "./simulate.ts";
import { tagOperations } from "./tags.ts";
import { userOperations } from "./users.ts";

export const iam = defineService<typeof Sdk>({
  name: "iam",
  client: "@aws-sdk/client-iam",
  access,
  exactArn: ({ stores }) => (arn) => exactArn(stores, arn),
  standing: ({ stores }) => (action, arn) => standing(stores, action, arn),
  resourceTags: ({ stores }) => (arn) => resourceTags(stores, arn),

  open: ({ stores, ids, simulator, access: gatekeeper }) => ({
    ...roleOperations(stores, ids),
    ...serviceLinkedRoleOperations(stores, ids),
    ...userOperations(stores, ids, gatekeeper),
    ...accessKeyOperations(stores, ids),
    ...credentialUseOperations(stores),
    ...loginProfileOperations(stores, ids),
    ...groupOperations(stores, ids, gatekeeper),
    ...instanceProfileOperations(stores, ids),
    ...inlinePolicyOperations(stores),
    ...attachedPolicyOperations(stores),
    ...boundaryOperations(stores),
    ...policyOperations(stores, ids),
    ...policyVersionOperations(stores),
    ...simulateOperations({ stores, simulator }),
    ...tagOperations(stores),
    ...accountOperations(stores),
    ...authorizationDetailsOperations(stores),
    ...absentOperations(stores),
  }),
});
