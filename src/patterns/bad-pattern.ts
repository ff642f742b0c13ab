// What is thrown for a pattern that is none.

/** Not a pattern of its dialect. `reason` is AWS's own sentence, without what the service puts before it. */
export class BadPattern extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}
