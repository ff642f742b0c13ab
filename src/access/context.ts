// What a request says about itself: condition keys and their values, looked up without regard to case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

export interface RequestContext {
  /** Undefined when the request has no such key. Keys are asked for in lower case. */
  get(key: string): readonly string[] | undefined;
  /** Set once a key was asked for that may be different at the next request of the same caller. */
  perRequest: boolean;
}

export type Source = (key: string) => string | readonly string[] | undefined;

/** `lasting` keys belong to the caller and stay as they are; `passing` ones to this request alone. */
export function requestContext(lasting: Source, passing: Source): RequestContext {
  return {
    perRequest: false,
    get(key) {
      let value = lasting(key);
      if (value === undefined && !isLasting(key)) {
        this.perRequest = true;
        value = passing(key);
      }
      // A list of nothing is a key that the request does not have.
      return value === undefined || value.length === 0 && typeof value !== "string" ? undefined : typeof value === "string" ? [value] : value;
    },
  };
}

const isLasting = (key: string): boolean => key.startsWith("aws:principal") || key === "aws:userid" || key === "aws:username" || key === "aws:tokenissuetime" || key === "aws:sourceidentity" || key === "lambda:sourcefunctionarn";

/** Keys as people write them, for look-up by lower case. */
export function sourceOf(entries: Record<string, string | readonly string[]>): Source {
  const folded = new Map(Object.entries(entries).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => folded.get(key);
}
