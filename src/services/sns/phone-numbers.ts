// Phone numbers that want no messages: a phone says so by answering STOP, here by `evoke outbox stop`.
// https://docs.aws.amazon.com/sns/latest/dg/sms_manage_optout.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { badPhoneNumber } from "./errors.ts";
import { pageOf } from "./page.ts";

type PhoneApi = Pick<Api<typeof Sdk>, "CheckIfPhoneNumberIsOptedOut" | "ListPhoneNumbersOptedOut" | "OptInPhoneNumber" | "ListOriginationNumbers">;

/** ACCOUNT/REGION/NUMBER */
const OPTED_OUT = "sns/opted-out";

const idOf = ({ account, region }: { account: string; region: string }, number: string): string => `${account}/${region}/${number}`;

/** E.164; the + may be missing. */
export function checkedNumber(text: string): string {
  if (!/^\+?[1-9]\d{1,14}$/.test(text)) throw badPhoneNumber();
  return text.startsWith("+") ? text : `+${text}`;
}

export const isOptedOut = async (stores: Pick<Stores, "documents">, account: string, region: string, number: string): Promise<boolean> =>
  (await stores.documents(OPTED_OUT).get(idOf({ account, region }, number))) !== undefined;

export async function optOut(stores: Pick<Stores, "documents">, account: string, region: string, number: string): Promise<void> {
  await stores.documents<object>(OPTED_OUT).put(idOf({ account, region }, number), {});
}

export function phoneOperations(stores: Stores): PhoneApi {
  const optedOut = stores.documents<object>(OPTED_OUT);
  return {
    async CheckIfPhoneNumberIsOptedOut({ phoneNumber }, { account, region }) {
      return { isOptedOut: await isOptedOut(stores, account, region, checkedNumber(phoneNumber)) };
    },

    async ListPhoneNumbersOptedOut({ nextToken }, { account, region }) {
      const prefix = idOf({ account, region }, "");
      const { found, next } = await pageOf(optedOut, prefix, nextToken);
      return { phoneNumbers: found.map(([id]) => id.slice(prefix.length)), ...(next && { nextToken: next }) };
    },

    async OptInPhoneNumber({ phoneNumber }, call) {
      await optedOut.delete(idOf(call, checkedNumber(phoneNumber)));
      return {};
    },

    // Numbers to send from are rented from carriers: there are none to be had here.
    ListOriginationNumbers: async () => ({ PhoneNumbers: [] }),
  };
}
