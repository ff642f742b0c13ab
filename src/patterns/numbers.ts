// Numbers of events: doubles, as far as they are exact. A number that a double cannot hold (a long account id, 1e400)
// compares by its text alone, as in AWS's event-ruler (ComparableNumber.generate).

/** A number that no double is equal to. */
export class LongNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A double, or the text where no double has exactly this value. */
export function numberOf(text: string): number | LongNumber {
  const value = Number(text);
  return Number.isFinite(value) && plain(text) === plain(String(value)) ? value : new LongNumber(text);
}

/** The digits without zeros around them, and where the point stands: equal for equal numbers, "12" and "1.2e1". */
function plain(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = (whole! + fraction).replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "0" : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

/** JSON.parse, but a number that would lose digits stays itself. Throws SyntaxError. */
export function parseEvent(text: string): unknown {
  // Fourteen digits and an exponent of two are always exact.
  if (!/\d[\d.]{15}|[eE][+-]?\d{3}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => (typeof value === "number" && context?.source !== undefined ? numberOf(context.source) : value));
}
