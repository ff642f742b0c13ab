// What the operations of S3 Control share: their type, and whose account they are about.
import type * as Sdk from "@aws-sdk/client-s3-control";
import type { Call } from "../../../kernel/call.ts";
import type { Api } from "../../service.ts";
import { foreignAccount } from "./errors.ts";

export type ControlOperations = Api<typeof Sdk>;

/** Control operations have no cross-account form: documented under "restrictions and limitations" of access points. Throws AccessDenied. */
export function checkAccount({ AccountId }: { AccountId?: string | undefined }, call: Call): void {
  if (AccountId !== call.account) throw foreignAccount();
}
