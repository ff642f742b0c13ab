// AWS Identity and Access Management: roles, policies, users and their keys. Stored and read back; deciding by them is another part's work.
// https://docs.aws.amazon.com/IAM/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-iam";
import { defineService } from "../service.ts";
import { policyOperations } from "./policies.ts";
import { policyVersionOperations } from "./policy-versions.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import { roleOperations } from "./roles.ts";
import { accessKeyOperations, userOperations } from "./users.ts";

export const iam = defineService<typeof Sdk>({
  name: "iam",
  client: "@aws-sdk/client-iam",

  open: ({ stores, ids }) => ({
    ...roleOperations(stores, ids),
    ...rolePolicyOperations(stores),
    ...policyOperations(stores, ids),
    ...policyVersionOperations(stores),
    ...userOperations(stores, ids),
    ...accessKeyOperations(stores, ids),
  }),
});
