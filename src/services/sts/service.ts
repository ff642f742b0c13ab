// AWS Security Token Service: who is calling, and temporary credentials.
// https://docs.aws.amazon.com/STS/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-sts";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { assumeRoleOperation } from "./assume-role.ts";
import { noSuchKey } from "./errors.ts";
import { sweepForever } from "./sweep.ts";
import { tokenOperations } from "./tokens.ts";

export const sts = defineService<typeof Sdk>({
  name: "sts",
  client: "@aws-sdk/client-sts",
  access,

  open(ports) {
    const { identity, background } = ports;
    background("sts sweep", (signal) => sweepForever(ports, signal));

    return {
      ...assumeRoleOperation(ports),
      ...tokenOperations(ports),

      async GetCallerIdentity(_input, { principal }) {
        return { UserId: principal.userId, Account: principal.accountId, Arn: principal.arn };
      },

      async GetAccessKeyInfo(input) {
        const key = await identity.findKey(input.AccessKeyId);
        if (!key) throw noSuchKey(input.AccessKeyId);
        return { Account: key.principal.accountId };
      },
    };
  },
});
