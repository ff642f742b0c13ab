// Part of stores.test.ts: documents.
import assert from "node:assert/strict";
import { byteOrder } from "../keys.ts";
import type { StoreTests } from "./databases.ts";

const ODD = ["a", "a/", "a/1", "a/2", "a0", "A", "%", "a%b", "a_b", "a'b", "a\"b", "a\\b", " ", "a ", "ä", "z", "zz", "é", "e\u0301", "中文", "\u{1f600}", "\uffff", "\u{10ffff}", "\u{10ffff}x", "\ud7ff", "\ue000", "\u0001", "\n", "?", "$1"];

export const documentTests: StoreTests = {
  async "a document is created once, replaced, changed and deleted"(stores) {
    const things = stores.documents<{ n: number; deep?: { list: number[] } }>("thing");
    assert.equal(await things.get("a"), undefined);
    assert.equal(await things.create("a", { n: 1 }), true);
    assert.equal(await things.create("a", { n: 2 }), false);
    assert.deepEqual(await things.get("a"), { n: 1 });
    await things.put("a", { n: 3, deep: { list: [1] } });
    assert.deepEqual(await things.get("a"), { n: 3, deep: { list: [1] } });
    assert.deepEqual(await things.update("a", (value) => { value.n++; return value; }), { n: 4, deep: { list: [1] } });
    assert.deepEqual(await things.get("a"), { n: 4, deep: { list: [1] } });
    assert.equal(await things.update("missing", (value) => value), undefined);
    assert.equal(await things.delete("a"), true);
    assert.equal(await things.delete("a"), false);
    assert.equal(await things.get("a"), undefined);
  },

  async "what a reader gets is frozen, so that nobody changes it for the others"(stores) {
    const things = stores.documents<{ deep: { list: number[] } }>("frozen");
    const given = { deep: { list: [1] } };
    await things.put("a", given);
    given.deep.list.push(2);
    const value = (await things.get("a"))!;
    assert.throws(() => value.deep.list.push(3), TypeError);
    assert.throws(() => { value.deep = { list: [] }; }, TypeError);
    assert.deepEqual(await things.get("a"), { deep: { list: [1] } });
  },

  async "fifty changes at once lose none, and one that throws changes nothing"(stores) {
    const things = stores.documents<{ n: number }>("counter");
    await things.put("a", { n: 0 });
    await Promise.all(Array.from({ length: 50 }, () => things.update("a", ({ n }) => ({ n: n + 1 }))));
    assert.deepEqual(await things.get("a"), { n: 50 });
    await assert.rejects(things.update("a", () => { throw new Error("no"); }), { message: "no" });
    assert.deepEqual(await things.get("a"), { n: 50 });
  },

  async "of many that create the same document at once, one does"(stores) {
    const things = stores.documents<number>("once");
    const won = await Promise.all(Array.from({ length: 20 }, (_, n) => things.create("a", n)));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await things.get("a"), won.indexOf(true));
  },

  async "a read right after a write sees it, however often that happens"(stores) {
    const things = stores.documents<{ n: number }>("fresh");
    for (let n = 0; n < 50; n++) {
      const put = things.put("a", { n });
      const early = things.get("a");
      await put;
      assert.deepEqual(await things.get("a"), { n });
      assert.ok([n - 1, n, undefined].includes((await early)?.n));
    }
  },

  async "ids with odd characters are listed in the order of their bytes, page by page"(stores) {
    const things = stores.documents<string>("odd");
    await Promise.all(ODD.map((id) => things.put(id, id)));
    await stores.documents("odd2").put("a", "another kind");
    const sorted = [...ODD].sort(byteOrder);
    assert.deepEqual(await things.list({ limit: 1000 }), sorted.map((id) => [id, id]));
    const paged: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await things.list({ limit: 4, ...(after !== undefined && { after }) });
      paged.push(...page.map(([id]) => id));
      if (page.length < 4) break;
      after = paged.at(-1);
    }
    assert.deepEqual(paged, sorted);
  },

  async "a prefix means the prefix and nothing like it"(stores) {
    const things = stores.documents<string>("odd");
    for (const prefix of ["", "a", "a/", "a%", "a_", "A", "\u{10ffff}", "\ud7ff", "\uffff", "e", "é", "nothing"]) {
      const expected = ODD.filter((id) => id.startsWith(prefix)).sort(byteOrder);
      assert.deepEqual((await things.list({ prefix, limit: 1000 })).map(([id]) => id), expected, JSON.stringify(prefix));
      assert.equal(await things.count(prefix), expected.length, JSON.stringify(prefix));
    }
    assert.deepEqual((await things.list({ prefix: "a", after: "a/1", limit: 2 })).map(([id]) => id), ["a/2", "a0"]);
    assert.deepEqual((await things.list({ prefix: "z", after: "a", limit: 9 })).map(([id]) => id), ["z", "zz"]);
    assert.deepEqual(await things.list({ prefix: "a", after: "b", limit: 9 }), []);
    assert.equal(await things.count(), ODD.length);
  },

  async "a value with any text in it comes back as it was"(stores) {
    const things = stores.documents<unknown>("text");
    for (const value of ["\0", "\ud800", "'; DROP TABLE documents; --", { "\0": [null, 1e300, -0.5, true, "\u{1f600}"] }, "x".repeat(200_000)]) {
      await things.put("a", value);
      assert.deepEqual(await things.get("a"), value);
    }
  },

  async "keys that no database could keep are refused"(stores) {
    const things = stores.documents<number>("bad");
    for (const id of ["a\0b", "\ud800", "x".repeat(5000)]) await assert.rejects(things.put(id, 1), { name: "AssertionError" });
    await assert.rejects(things.put("a", undefined as never), { name: "AssertionError" });
    await assert.rejects(things.list({ limit: 0 }), { name: "AssertionError" });
  },

  async "a lease has one holder until it runs out or lets go"(stores) {
    const { leases } = stores;
    const taken = await Promise.all(["a", "b", "c"].map((holder) => leases.take("job", holder, 0, 10)));
    assert.equal(taken.filter(Boolean).length, 1);
    const holder = ["a", "b", "c"][taken.indexOf(true)]!;
    assert.equal(await leases.take("job", holder, 5, 20), true);
    assert.equal(await leases.take("job", "d", 19, 30), false);
    assert.equal(await leases.take("job", "d", 20, 30), true);
    await leases.release("job", holder);
    assert.equal(await leases.take("job", "e", 21, 30), false);
    await leases.release("job", "d");
    assert.equal(await leases.take("job", "e", 21, 30), true);
  },
};
