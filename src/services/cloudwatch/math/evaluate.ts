// Metric math, worked out: numbers, time series and lists of time series.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
import { FUNCTIONS } from "./functions.ts";
import { BadExpression, type Node } from "./parse.ts";

/** By second. */
export type Series = Map<number, number>;
export type Value = number | string | Series | Series[];

export interface Scope {
  periodSeconds: number;
  /** The seconds at which periods begin. */
  starts: number[];
  /** Told of every value on the way how many points it has. Throws BadExpression when they are too many. */
  spend(points: number): void;
  /** The value of another query of the request. Throws BadExpression. */
  named(id: string): Value;
  /** What METRICS() stands for: the metrics of the request, those whose id holds `part`. */
  metrics(part: string): Series[];
}

/** Throws BadExpression. */
export function evaluate(node: Node, scope: Scope): Value {
  const value = valueOf(node, scope);
  scope.spend(value instanceof Map ? 1 + value.size : Array.isArray(value) ? value.reduce((sum, { size }) => sum + 1 + size, 1) : 1);
  return value;
}

function valueOf(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case "number": return node.value;
    case "text": return node.value;
    case "name": return isKeyword(node.name) ? node.name : scope.named(node.name);
    case "list": return node.items.flatMap((item) => seriesOf(evaluate(item, scope)));
    case "negative": return mapped(evaluate(node.of, scope), (value) => -value);
    case "binary": return binary(node.operator, evaluate(node.left, scope), evaluate(node.right, scope));
    case "call": {
      const call = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined;
      if (!call) throw new BadExpression(`Evoke does not have the function ${node.name}`);
      return call(node.args.map((arg) => evaluate(arg, scope)), scope);
    }
  }
}

/** What functions take by its name; ids begin with a small letter. */
const isKeyword = (name: string): boolean => /^(REPEAT|LINEAR|AVG|MAX|MIN|SUM|ASC|DESC)$/.test(name);

export function seriesOf(value: Value): Series[] {
  if (value instanceof Map) return [value];
  if (Array.isArray(value)) return value;
  throw new BadExpression("expected a time series");
}

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "^": (a, b) => a ** b,
  "==": (a, b) => Number(a === b), "!=": (a, b) => Number(a !== b), "<": (a, b) => Number(a < b), ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b), ">=": (a, b) => Number(a >= b), "&&": (a, b) => Number(a !== 0 && b !== 0), "||": (a, b) => Number(a !== 0 || b !== 0),
};

function binary(operator: string, left: Value, right: Value): Value {
  const apply = OPERATORS[operator]!;
  if (typeof left === "string" || typeof right === "string") throw new BadExpression(`a text cannot be used with ${operator}`);
  if (typeof left === "number") return typeof right === "number" ? apply(left, right) : mapped(right, (value) => apply(left, value));
  if (typeof right === "number") return mapped(left, (value) => apply(value, right));
  if (left instanceof Map) return right instanceof Map ? both(left, right, apply) : right.map((one) => both(left, one, apply));
  if (right instanceof Map) return left.map((one) => both(one, right, apply));
  if (left.length !== right.length) throw new BadExpression("two lists of time series must be equally long");
  return left.map((one, at) => both(one, right[at]!, apply));
}

/** Where both have a value. */
function both(left: Series, right: Series, apply: (a: number, b: number) => number): Series {
  const found: Series = new Map();
  for (const [second, value] of left) if (right.has(second)) keep(found, second, apply(value, right.get(second)!));
  return found;
}

/** What is no number (x/0) is left out, as AWS leaves it out. */
export function keep(series: Series, second: number, value: number): void {
  if (Number.isFinite(value)) series.set(second, value);
}

export function mapped(value: Value, change: (value: number) => number): Value {
  if (typeof value === "string") throw new BadExpression("expected a time series or a number");
  if (typeof value === "number") return change(value);
  const one = (series: Series): Series => {
    const found: Series = new Map();
    for (const [second, each] of series) keep(found, second, change(each));
    return found;
  };
  return value instanceof Map ? one(value) : value.map(one);
}
