// Where each statement stands in the text of its policy: line and column, as the policy simulator tells them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Position.html

export interface Position { line: number; column: number }

/**
 * In a list a statement begins right after the bracket or comma before it, a single one at its brace; both end just after their
 * brace (worked out from the answers in AWS's documentation and in public logs: columns 17 and 19 for `  "Statement": [` and four spaces).
 */
export interface Positions { start: Position; end: Position }

/** In order; one statement may stand without a list. Expects valid JSON. */
export function statementPositions(text: string): Positions[] {
  const found: Positions[] = [];
  let depth = 0;
  /** The depth at which statements are objects; set at the key "Statement" of the outermost object. */
  let wanted: number | undefined;
  let start = 0;
  let lastText = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfText(text, at);
      lastText = text.slice(at + 1, end);
      at = end;
    } else if (char === ":" && depth === 1) {
      wanted = lastText === "Statement" ? 1 : undefined;
    } else if (char === "[" && depth === 1 && wanted === 1) {
      depth++;
      wanted = 2;
      start = at + 1;
    } else if (char === "," && depth === 2 && wanted === 2) {
      start = at + 1;
    } else if (char === "{" || char === "[") {
      if (depth === wanted && wanted === 1) start = at;
      depth++;
    } else if (char === "}" || char === "]") {
      depth--;
      if (depth === wanted && char === "}") found.push({ start: positionOf(text, start), end: positionOf(text, at + 1) });
      if (depth === 1) wanted = undefined;
    }
  }
  return found;
}

function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
