// Callers of GetObject that wait for a function's WriteGetObjectResponse: both are requests to this process, and meet here by a token.
import type { WriteGetObjectResponseCommandInput } from "@aws-sdk/client-s3";
import { type Ids, LOWER_ALPHANUMERIC } from "../../../kernel/ids.ts";

export interface Given {
  input: WriteGetObjectResponseCommandInput;
  /** Of the body, where its request says so. */
  lengthBytes?: number;
  /** The caller has it all; or not, and why. */
  done(error?: Error): void;
}

interface Waiting {
  account: string;
  /** Of the Object Lambda access point. */
  arn: string;
  resolve(given: Given): void;
}

export interface WaitingAnswers {
  /** `account`: whose the access point is, who alone may answer. `close` when nobody waits any more. */
  wait(account: string, arn: string): { token: string; answered: Promise<Given>; close(): void };
  /** The Object Lambda access point whose caller waits with this token; undefined when none does, or not for this account. */
  arnOf(token: string, account: string): string | undefined;
  /** Resolves when the caller has all of it. A token is good for one answer. False when nobody waits. */
  give(token: string, input: WriteGetObjectResponseCommandInput, lengthBytes?: number): Promise<boolean>;
}

const TOKEN_CHARACTERS = 64;

export function openWaitingAnswers(ids: Pick<Ids, "token">): WaitingAnswers {
  const waiting = new Map<string, Waiting>();
  return {
    wait(account, arn) {
      const token = ids.token(TOKEN_CHARACTERS, LOWER_ALPHANUMERIC);
      const { promise, resolve } = Promise.withResolvers<Given>();
      waiting.set(token, { account, arn, resolve });
      return { token, answered: promise, close: () => waiting.delete(token) };
    },

    arnOf(token, account) {
      const found = waiting.get(token);
      return found?.account === account ? found.arn : undefined;
    },

    async give(token, input, lengthBytes) {
      const found = waiting.get(token);
      if (!found) return false;
      waiting.delete(token);
      await new Promise<void>((resolve, reject) => found.resolve({ input, ...(lengthBytes !== undefined && { lengthBytes }), done: (error) => (error ? reject(error) : resolve()) }));
      return true;
    },
  };
}
