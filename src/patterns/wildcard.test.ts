// Wildcards: what they match, and how complex event-ruler calls them (the cases of its MachineComplexityEvaluatorTest).
import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesWildcard, parseWildcard, tooComplex, type Wildcard } from "./wildcard.ts";

const parsed = (text: string) => parseWildcard(text) as Wildcard;

test("complexity is the number of prefixes that one text can match at once", () => {
  const cases: [string[], number][] = [
    [["*"], 1], [["*", "ab*c"], 3], [["abc"], 1], [["*ab"], 2], [["*aa"], 3], [["a*b"], 2], [["aa*"], 2], [["a*bc"], 2], [["a*bb"], 3], [["a*bcb"], 3], [["a*bbb"], 4], [["*ab*ad"], 4],
    [["*ab*d"], 3], [["*aba*"], 4], [["a*b*bb"], 5], [["a*b*cb"], 4], [["a*b*cd"], 3], [["a*b*b"], 4], [["a*bb*"], 4], [["ab*b*"], 3], [["ab*c", "x*xx"], 3], [["*abc", "*abcde"], 4],
    [["a*bcd", "ab*cd"], 4], [["a*bc", "a*bcde"], 4], [["a*aaa", "aa*aa"], 7], [["a*bc", "abc*d"], 4], [["a*aaa", "aaa*a"], 6], [["a*aax", "aaa*x"], 5], [["a*bc", "abc*"], 4], [["a*aa", "aaa*"], 5],
    [["abc*", "abcde*"], 3], [["ab*cd", "ab*wx", "ab*yz"], 6], [["*ab*b*b*"], 7], [["*a*a*a*a*a*a*a*a*"], 17],
  ];
  for (const [texts, complexity] of cases) {
    const wildcards = texts.map(parsed);
    assert.ok(tooComplex(wildcards, complexity) && !tooComplex(wildcards, complexity + 1), `${texts.join(" and ")}: ${complexity}`);
  }
});

test("a wildcard matches as its regular expression would", () => {
  const letters = ["a", "b", "*"];
  const words = (length: number, alphabet: string[]): string[] => (length === 0 ? [""] : words(length - 1, alphabet).flatMap((word) => alphabet.map((letter) => word + letter)));
  const texts = [0, 1, 2, 3, 4, 5].flatMap((length) => words(length, ["a", "b"]));
  for (const pattern of [1, 2, 3, 4, 5].flatMap((length) => words(length, letters)).filter((each) => !each.includes("**"))) {
    const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
    for (const text of texts) assert.equal(matchesWildcard(parsed(pattern), text), expected.test(text), `${pattern} ${text}`);
  }
});
