// Settings of text messages, and the sandbox in which new accounts may write to known numbers only. Evoke's accounts are out of it.
// https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
import { createHash, timingSafeEqual } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-sns";
import type { Stores } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { badSenderId, badSmsType, badSmsValue, noSandboxNumber, notSupported, sandboxFull, unknownSmsAttribute, wrongPasscode } from "./errors.ts";
import { record } from "./outbox.ts";
import { pageOf } from "./page.ts";
import { checkedNumber } from "./phone-numbers.ts";

type SmsApi = Pick<Api<typeof Sdk>, "GetSMSAttributes" | "SetSMSAttributes" | "GetSMSSandboxAccountStatus" | "CreateSMSSandboxPhoneNumber" | "VerifySMSSandboxPhoneNumber" | "DeleteSMSSandboxPhoneNumber" | "ListSMSSandboxPhoneNumbers">;

/** ACCOUNT/REGION */
const ATTRIBUTES = "sns/sms-attributes";
/** ACCOUNT/REGION/NUMBER */
const SANDBOX = "sns/sms-sandbox";
const SANDBOX_MAX = 10;
const PASSCODE_MS = 15 * 60_000;
const TRIES_MAX = 5;

interface SandboxNumber {
  status: "Pending" | "Verified";
  passcodeHash?: string;
  untilMs: number;
  tries: number;
}

const CHECKS: Record<string, (value: string) => void> = {
  MonthlySpendLimit: (value) => { if (!/^\d{1,9}$/.test(value)) throw badSmsValue("MonthlySpendLimit"); },
  DeliveryStatusIAMRole: () => { throw notSupported("DeliveryStatusIAMRole (logs about SMS deliveries)"); },
  DeliveryStatusSuccessSamplingRate: (value) => { if (!/^\d{1,3}$/.test(value) || Number(value) > 100) throw badSmsValue("DeliveryStatusSuccessSamplingRate"); },
  DefaultSenderID: (value) => { if (!/^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/.test(value)) throw badSenderId(); },
  DefaultSMSType: (value) => { if (value !== "Promotional" && value !== "Transactional") throw badSmsType(); },
  UsageReportS3Bucket: () => { throw notSupported("UsageReportS3Bucket (daily reports of usage)"); },
};

/** What is said of a message in the message attributes AWS has for it, where the message itself says nothing. */
export async function smsDefaults(stores: Pick<Stores, "documents">, account: string, region: string): Promise<Record<string, string>> {
  const { DefaultSMSType: type, DefaultSenderID: sender } = await smsAttributes(stores, account, region);
  return { ...(type !== undefined && { "AWS.SNS.SMS.SMSType": type }), ...(sender !== undefined && { "AWS.SNS.SMS.SenderID": sender }) };
}

const smsAttributes = async (stores: Pick<Stores, "documents">, account: string, region: string): Promise<Record<string, string>> =>
  ({ MonthlySpendLimit: "1", ...(await stores.documents<Record<string, string>>(ATTRIBUTES).get(`${account}/${region}`)) });

export function smsOperations({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">): SmsApi {
  const attributes = stores.documents<Record<string, string>>(ATTRIBUTES);
  const sandbox = stores.documents<SandboxNumber>(SANDBOX);
  return {
    async SetSMSAttributes({ attributes: given }, { account, region }) {
      for (const [name, value] of Object.entries(given)) {
        if (!Object.hasOwn(CHECKS, name)) throw unknownSmsAttribute(name.slice(0, 100));
        if (value !== "") CHECKS[name]!(value); // nothing puts back what AWS begins with: so Terraform leaves
      }
      const id = `${account}/${region}`;
      const without = (all: Record<string, string>) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
      if (!(await attributes.create(id, without(given)))) await attributes.update(id, (there) => without({ ...there, ...given }));
      return {};
    },

    async GetSMSAttributes({ attributes: wanted = [] }, { account, region }) {
      const all = Object.entries(await smsAttributes(stores, account, region));
      return { attributes: Object.fromEntries(all.filter(([name]) => wanted.length === 0 || wanted.includes(name))) };
    },

    GetSMSSandboxAccountStatus: async () => ({ IsInSandbox: false }),

    async CreateSMSSandboxPhoneNumber({ PhoneNumber }, { account, region }) {
      const number = checkedNumber(PhoneNumber);
      const prefix = `${account}/${region}/`;
      const passcode = ids.token(6, "0123456789");
      const messageId = ids.uuid();
      const nowMs = clock.now();
      await stores.transaction(async (tx) => {
        const numbers = tx.documents<SandboxNumber>(SANDBOX);
        const there = await numbers.get(prefix + number);
        if (there?.status === "Verified") return;
        if (!there && (await numbers.list({ prefix, limit: SANDBOX_MAX })).length >= SANDBOX_MAX) throw sandboxFull();
        await numbers.put(prefix + number, { status: "Pending", passcodeHash: hashOf(passcode), untilMs: nowMs + PASSCODE_MS, tries: 0 });
        await record(tx.logs, account, nowMs, { protocol: "sms", to: number, region, messageId, body: `Your verification code is ${passcode}` });
      });
      return {};
    },

    async VerifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword }, { account, region }) {
      const nowMs = clock.now();
      let verified = false;
      const found = await sandbox.update(`${account}/${region}/${checkedNumber(PhoneNumber)}`, (there) => {
        verified = there.status === "Verified" || (there.tries < TRIES_MAX && nowMs < there.untilMs && equal(there.passcodeHash!, hashOf(OneTimePassword)));
        return verified ? { status: "Verified", untilMs: 0, tries: 0 } : { ...there, tries: there.tries + 1 };
      });
      if (!found) throw noSandboxNumber();
      if (!verified) throw wrongPasscode();
      return {};
    },

    async DeleteSMSSandboxPhoneNumber({ PhoneNumber }, { account, region }) {
      if (!(await sandbox.delete(`${account}/${region}/${checkedNumber(PhoneNumber)}`))) throw noSandboxNumber();
      return {};
    },

    async ListSMSSandboxPhoneNumbers({ NextToken, MaxResults }, { account, region }) {
      const prefix = `${account}/${region}/`;
      const { found, next } = await pageOf(sandbox, prefix, NextToken, MaxResults);
      return { PhoneNumbers: found.map(([id, { status }]) => ({ PhoneNumber: id.slice(prefix.length), Status: status })), ...(next && { NextToken: next }) };
    },
  };
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const equal = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other));
