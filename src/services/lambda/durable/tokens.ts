// Checkpoint tokens and callback ids: opaque to the function, readable here. What is in them is looked up, never believed.

export interface CheckpointToken {
  executionArn: string;
  /** A random uuid, so a token cannot be guessed. */
  invocationId: string;
  sequence: number;
}

export interface CallbackId {
  executionArn: string;
  operationId: string;
}

export const writeToken = ({ executionArn, invocationId, sequence }: CheckpointToken): string => encode([executionArn, invocationId, sequence]);

export function readToken(text: string): CheckpointToken | undefined {
  const [executionArn, invocationId, sequence] = decode(text);
  return typeof executionArn === "string" && typeof invocationId === "string" && typeof sequence === "number" ? { executionArn, invocationId, sequence } : undefined;
}

/** `secret` makes it one of its kind: whoever has the id may complete the callback. */
export const writeCallbackId = ({ executionArn, operationId }: CallbackId, secret: string): string => encode([executionArn, operationId, secret]);

export function readCallbackId(text: string): CallbackId | undefined {
  const [executionArn, operationId, secret] = decode(text);
  return typeof executionArn === "string" && typeof operationId === "string" && typeof secret === "string" ? { executionArn, operationId } : undefined;
}

const encode = (parts: (string | number)[]): string => Buffer.from(JSON.stringify(parts)).toString("base64");

function decode(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
