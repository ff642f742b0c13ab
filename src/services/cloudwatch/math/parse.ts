// Metric math, read: an expression becomes a tree.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

export type Node =
  | { kind: "number"; value: number }
  | { kind: "text"; value: string }
  | { kind: "name"; name: string }
  | { kind: "list"; items: Node[] }
  | { kind: "call"; name: string; args: Node[] }
  | { kind: "negative"; of: Node }
  | { kind: "binary"; operator: string; left: Node; right: Node };

/** Why an expression cannot be read, or has no value; the caller names it. */
export class BadExpression extends Error {}

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|"([^"]*)"|'([^']*)'|(<=|>=|==|!=|&&|\|\||[-+*/^()[\],<>]))/y;
/** Loosest first; each level's operators bind alike. */
const LEVELS = [["||"], ["&&"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/"]];
const DEPTH_MAX = 50;

interface Token {
  kind: "number" | "name" | "text" | "sign";
  text: string;
}

function tokens(expression: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (!match) throw new BadExpression(`unexpected character at position ${at + 1}`);
    const [, number, name, double, single, sign] = match;
    if (number !== undefined) found.push({ kind: "number", text: number });
    else if (name !== undefined) found.push({ kind: "name", text: name });
    else if (sign !== undefined) found.push({ kind: "sign", text: sign });
    else found.push({ kind: "text", text: double ?? single ?? "" });
  }
  return found;
}

/** Throws BadExpression. */
export function parseExpression(expression: string): Node {
  const rest = tokens(expression);
  let depth = 0;

  const isNext = (sign: string) => rest[0]?.kind === "sign" && rest[0].text === sign;
  const take = (sign: string) => {
    if (!isNext(sign)) throw new BadExpression(rest[0] ? `expected ${sign} before ${rest[0].text}` : `expected ${sign} at the end`);
    rest.shift();
  };
  const sequence = (close: string): Node[] => {
    const items: Node[] = [];
    if (!isNext(close)) items.push(level(0));
    while (items.length && isNext(",")) {
      take(",");
      items.push(level(0));
    }
    take(close);
    return items;
  };
  const level = (at: number): Node => {
    if (at === LEVELS.length) return power();
    let left = level(at + 1);
    while (rest[0]?.kind === "sign" && LEVELS[at]!.includes(rest[0].text)) left = { kind: "binary", operator: rest.shift()!.text, left, right: level(at + 1) };
    return left;
  };
  const power = (): Node => {
    const base = unary();
    if (!isNext("^")) return base;
    take("^");
    return { kind: "binary", operator: "^", left: base, right: power() };
  };
  const unary = (): Node => {
    if (++depth > DEPTH_MAX) throw new BadExpression("the expression is nested too deeply");
    try {
      if (isNext("-")) {
        take("-");
        return { kind: "negative", of: unary() };
      }
      return primary();
    } finally {
      depth--;
    }
  };
  const primary = (): Node => {
    const token = rest.shift();
    if (!token) throw new BadExpression("the expression ends too early");
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "text") return { kind: "text", value: token.text };
    if (token.kind === "name") {
      if (!isNext("(")) return { kind: "name", name: token.text };
      take("(");
      return { kind: "call", name: token.text.toUpperCase(), args: sequence(")") };
    }
    if (token.text === "[") return { kind: "list", items: sequence("]") };
    if (token.text !== "(") throw new BadExpression(`unexpected ${token.text}`);
    const inner = level(0);
    take(")");
    return inner;
  };

  const tree = level(0);
  if (rest.length) throw new BadExpression(`unexpected ${rest[0]!.text}`);
  return tree;
}
