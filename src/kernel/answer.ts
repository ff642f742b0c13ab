// What an answer says beyond its operation's model: functions of S3 Object Lambda choose status, headers and body themselves.

/** A key that no model has and no caller can send. */
export const ANSWER = Symbol("answer");

export interface WithAnswer {
  /** Over what the model makes of the output; header names in lower case. */
  [ANSWER]?: { status?: number; headers?: Record<string, string>; body?: string };
}
