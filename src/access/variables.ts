// Policy variables: ${aws:username}, ${aws:PrincipalTag/team, 'none'}, and ${*} ${?} ${$} for the characters themselves.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
import type { RequestContext } from "./context.ts";
import type { Piece } from "./glob.ts";

/** A text with variables in it; `key` is in lower case. */
export type Template = readonly (Piece | { key: string; fallback?: string })[];

/** Variables exist since policy version 2012-10-17; in an older document they are plain text. */
export function templateOf(text: string, variables: boolean): Template {
  if (!variables || !text.includes("${")) return [text];
  const template: (Piece | { key: string; fallback?: string })[] = [];
  let at = 0;
  for (const match of text.matchAll(/\$\{([^{}]*)\}/g)) {
    if (match.index > at) template.push(text.slice(at, match.index));
    template.push(variable(match[1]!));
    at = match.index + match[0].length;
  }
  if (at < text.length) template.push(text.slice(at));
  return template;
}

function variable(inside: string): { literal: string } | { key: string; fallback?: string } {
  if (inside === "*" || inside === "?" || inside === "$") return { literal: inside };
  const [, key = inside, fallback] = /^\s*([^,]*?)\s*(?:,\s*'(.*)'\s*)?$/.exec(inside) ?? [];
  return fallback === undefined ? { key: key.toLowerCase() } : { key: key.toLowerCase(), fallback };
}

/** Undefined when a variable has neither a value nor a default; then nothing can match. A key of many values has no single one to put in. */
export function resolve(template: Template, context: RequestContext): readonly Piece[] | undefined {
  if (isPlain(template)) return template;
  const pieces: Piece[] = [];
  for (const part of template) {
    if (typeof part === "string" || "literal" in part) { pieces.push(part); continue; }
    const values = context.get(part.key);
    const literal = values?.length === 1 ? values[0] : part.fallback;
    if (literal === undefined) return undefined;
    pieces.push({ literal });
  }
  return pieces;
}

export const isPlain = (template: Template): template is readonly Piece[] => template.every((part) => typeof part === "string" || "literal" in part);

export const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => (typeof piece === "string" ? piece : piece.literal)).join("");

/** The keys a template asks for, in lower case. */
export const keysOf = (template: Template): string[] => template.flatMap((part) => (typeof part !== "string" && "key" in part ? [part.key] : []));
