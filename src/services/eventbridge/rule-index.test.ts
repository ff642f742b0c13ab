// The index finds what asking every pattern finds, and asks few.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../patterns/pattern.ts";
import { ruleIndex } from "./rule-index.ts";

/** The same numbers every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

test("whatever patterns and events look like, the index finds the same as asking them all", async () => {
  const random = numbers(7);
  const word = () => ["a", "ab", "abc", "b"][random(4)]!;
  const test1 = (): unknown => [word(), { prefix: word() }, { prefix: "" }, { wildcard: `${word()}*` }, { wildcard: `*${word()}` }, { exists: false }, { exists: true }, 1, null, { "anything-but": [word()] }, range(), range(), random(6)][random(17)] ?? word();
  const range = () => ({ numeric: [["=", random(6)], [">", random(6)], ["<=", random(6)], [">=", random(3), "<", 3 + random(3)]][random(4)] });
  const leaf = () => Array.from({ length: 1 + random(2) }, test1);
  const pattern = (depth: number): object => {
    const result: Record<string, unknown> = {};
    for (let n = 0; n <= random(3); n++) result[["source", "detail", "detail.x", "x", "y"][random(5)]!] = depth > 0 && random(3) === 0 ? pattern(depth - 1) : leaf();
    if (random(5) === 0) result["$or"] = [{ x: leaf() }, { y: leaf() }];
    return result;
  };
  const value = (depth: number): unknown => [() => word(), () => [word(), word()], () => event(depth - 1), () => [event(depth - 1), event(depth - 1)], () => null, () => random(6), () => [random(6), word(), random(6)]][depth > 0 ? random(7) : [0, 1, 5, 6][random(4)]!]!();
  const event = (depth: number): object => Object.fromEntries(Array.from({ length: 1 + random(4) }, () => [["source", "detail", "detail.x", "x", "y"][random(5)]!, value(depth)]));
  let found = 0;
  for (let round = 0; round < 200; round++) {
    const all = Array.from({ length: 30 }, (_, n) => ({ value: n, pattern: compile(JSON.stringify(pattern(2)), "eventbridge") }));
    const index = ruleIndex(all);
    for (let n = 0; n < 20; n++) {
      const one = event(3);
      const wanted = all.filter((rule) => rule.pattern.matches(one)).map((rule) => rule.value);
      found += wanted.length;
      assert.deepEqual(index.matching(one), wanted, JSON.stringify(one));
      if (round % 20 === 0) assert.deepEqual(await index.matchingInTurns(one, 1_000_000), wanted);
    }
  }
  assert.ok(found > 5_000, `${found} matches were compared`);
});

test("of a thousand rules only those are asked that can match", () => {
  let asked = 0;
  const rules = Array.from({ length: 1000 }, (_, n) => {
    const { matches, alternatives, required } = compile(JSON.stringify({ source: ["my.app"], "detail-type": ["order"], detail: { id: [`order-${n}`], total: [{ numeric: [">", 0] }] } }), "eventbridge");
    return { value: n, pattern: { required, alternatives, matches: (event: unknown) => { asked += 1; return matches(event); } } };
  });
  const index = ruleIndex(rules);
  assert.deepEqual(index.matching({ source: "my.app", "detail-type": "order", detail: { id: "order-7", total: 1 } }), [7]);
  assert.equal(asked, 1);
});

for (const [kind, told] of [["prefix", (n: number) => ({ prefix: `uploads/${n}/` })], ["wildcard", (n: number) => ({ wildcard: `uploads/${n}/*.jpg` })]] as const) {
  test(`of a thousand rules that differ by a ${kind} only those are asked whose beginning a text has`, () => {
    let asked = 0;
    const rules = Array.from({ length: 1000 }, (_, n) => {
      const { matches, alternatives, required } = compile(JSON.stringify({ source: ["aws.s3"], detail: { object: { key: [told(n)] } } }), "eventbridge");
      return { value: n, pattern: { required, alternatives, matches: (event: unknown) => { asked += 1; return matches(event); } } };
    });
    const index = ruleIndex(rules);
    assert.deepEqual(index.matching({ source: "aws.s3", detail: { object: { key: "uploads/77/cat.jpg" } } }), [77]);
    assert.deepEqual(index.matching({ source: "aws.s3", detail: { object: { key: "uploads" } } }), []);
    assert.equal(asked, 1);
  });
}

test("of a thousand rules that differ by a range of numbers only those are asked that have the number, unless a text tells them apart better", () => {
  const asked: number[] = [];
  const indexed = (detail: (n: number) => object) => ruleIndex(Array.from({ length: 1000 }, (_, n) => {
    const { matches, alternatives, required } = compile(JSON.stringify({ source: ["my.app"], detail: detail(n) }), "eventbridge");
    return { value: n, pattern: { required, alternatives, matches: (event: unknown) => { asked.push(n); return matches(event); } } };
  }));
  const index = indexed((n) => ({ total: n === 1 ? [{ numeric: ["<", -5] }, "none"] : n === 2 ? [1e6] : [{ numeric: [">=", n * 10, "<", n * 10 + 10] }] }));
  const matching = (total: unknown) => index.matching({ source: "my.app", detail: { total } });
  assert.deepEqual([matching(77.5), matching([505, "x", 999.9]), matching(-6), matching("none"), matching(1e6), matching(1e7), matching("5")], [[7], [50, 99], [1], [1], [2], [], []]);
  assert.equal(asked.length, 6);
  assert.deepEqual(matching(770), [77], "76 ends where 77 begins");
  assert.deepEqual(asked.slice(6).sort(), [76, 77]);
  assert.equal(matching(Array.from({ length: 200 }, (_, n) => n * 50)).length, 200);
  asked.length = 0;
  const both = indexed((n) => ({ total: [{ numeric: [">", n] }], kind: [`k${n}`] }));
  assert.deepEqual([both.matching({ source: "my.app", detail: { total: 5000, kind: "k7" } }), asked], [[7], [7]]);
});

test("a large event among many rules leaves others their turns", async () => {
  const pattern = compile(JSON.stringify({ detail: { items: { name: [{ wildcard: "*a*b*c" }] } } }), "eventbridge");
  const index = ruleIndex(Array.from({ length: 500 }, (_, n) => ({ value: n, pattern })));
  const event = { detail: { items: Array.from({ length: 40_000 }, () => ({ name: "aaaaabbbbb" })) } };
  let turns = 0;
  const count = () => { turns += 1; immediate = setImmediate(count); };
  let immediate = setImmediate(count);
  assert.deepEqual(await index.matchingInTurns(event, JSON.stringify(event).length), []);
  clearImmediate(immediate);
  assert.ok(turns >= 200, `${turns} turns`);
});

test("a field may be a list as long as an event can be", () => {
  const index = ruleIndex([{ value: 1, pattern: compile('{"detail":{"type":["x"]}}', "eventbridge") }]);
  assert.deepEqual(index.matching({ detail: { type: Array.from({ length: 260_000 }, () => "x") } }), [1]);
});

test("one pattern of a thousand alternatives leaves others their turns, too", async () => {
  const or = (field: string) => ({ $or: Array.from({ length: 10 }, (_, n) => ({ [field]: [`${n}`] })) });
  const pattern = compile(JSON.stringify({ detail: { x: [{ exists: false }], ...or("a") } }).replace(/}}$/, `,${JSON.stringify(or("b")).slice(1, -1)},${JSON.stringify(or("c")).slice(1, -1)}}}`), "eventbridge");
  assert.equal(pattern.alternatives.length, 1000);
  const index = ruleIndex([{ value: 1, pattern }]);
  const event = { detail: Array.from({ length: 20_000 }, () => ({ x: 1 })) };
  let turns = 0;
  const count = () => { turns += 1; immediate = setImmediate(count); };
  let immediate = setImmediate(count);
  assert.deepEqual(await index.matchingInTurns(event, JSON.stringify(event).length), []);
  clearImmediate(immediate);
  assert.ok(turns >= 50, `${turns} turns`);
  assert.deepEqual(await index.matchingInTurns({ detail: [{ x: 1 }, { a: "1", b: "2", c: "9" }] }, 100), [1]);
});

test("long paths of keys with dots cost no more than the event and the pattern are large", () => {
  const path = "a.".repeat(1000) + "a";
  const index = ruleIndex([path, `${path}.b`].map((key) => ({ value: key.length, pattern: compile(JSON.stringify({ detail: { [key]: ["x"], z: [{ exists: false }] } }), "eventbridge") })));
  const startedMs = performance.now();
  assert.deepEqual(index.matching({ detail: Array.from({ length: 50_000 }, () => ({ y: 1 })) }), []);
  assert.deepEqual(index.matching({ "detail.a": { [path.slice(2)]: "x" } }), [path.length]);
  assert.ok(performance.now() - startedMs < 1000);
});
