// The public access block of an account, over those of its buckets and access points. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3-control";
import type { Parts } from "../parts.ts";
import { checkAccount, type ControlOperations } from "./control-operations.ts";
import { noAccountBlock } from "./errors.ts";

/** id: the account */
const ACCOUNT_BLOCKS = "s3/account-public-access-block";

export const accountBlockOf = ({ stores }: Pick<Parts, "stores">, account: string): Promise<PublicAccessBlockConfiguration | undefined> =>
  stores.documents<PublicAccessBlockConfiguration>(ACCOUNT_BLOCKS).get(account);

export const accountBlockOperations = (parts: Parts): Pick<ControlOperations, "GetPublicAccessBlock" | "PutPublicAccessBlock" | "DeletePublicAccessBlock"> => ({
  async GetPublicAccessBlock(input, call) {
    checkAccount(input, call);
    const block = await accountBlockOf(parts, call.account);
    if (!block) throw noAccountBlock();
    return { PublicAccessBlockConfiguration: block };
  },

  async PutPublicAccessBlock(input, call) {
    checkAccount(input, call);
    const { BlockPublicAcls = false, IgnorePublicAcls = false, BlockPublicPolicy = false, RestrictPublicBuckets = false } = input.PublicAccessBlockConfiguration;
    await parts.stores.documents<PublicAccessBlockConfiguration>(ACCOUNT_BLOCKS).put(call.account, { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets });
    return {};
  },

  async DeletePublicAccessBlock(input, call) {
    checkAccount(input, call);
    await parts.stores.documents(ACCOUNT_BLOCKS).delete(call.account);
    return {};
  },
});
