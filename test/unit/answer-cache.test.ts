import { expect, test } from "bun:test";
import { AnswerCache } from "../../src/http/answer-cache.ts";
import type { AnswerContent } from "../../src/http/answer.ts";
import type { Encoding } from "../../src/http/negotiate.ts";

const KB = 1024;

function content(bytes: number): AnswerContent {
  return {
    pieces: [crypto.getRandomValues(new Uint8Array(bytes))],
    contentType: "text/plain",
    cacheControl: "no-store",
    headers: {},
  };
}

const context = (encoding: Encoding) => ({ requestId: "1", target: "/", route: "/", encoding });
const request = new Request("http://finder.test/");

test("an answer is made once and kept", () => {
  const cache = new AnswerCache();
  let made = 0;
  const make = (): AnswerContent => {
    made += 1;
    return content(KB);
  };
  expect(cache.get("a", make)).toBe(cache.get("a", make));
  expect(made).toBe(1);
});

test("the least recently used answers leave when the bytes run out", () => {
  const cache = new AnswerCache(64 * KB);
  for (const key of ["a", "b", "c"]) cache.get(key, () => content(18 * KB));
  cache.kept("a");
  cache.get("d", () => content(18 * KB));
  expect(cache.kept("a")).not.toBeNull();
  expect(cache.kept("b")).toBeNull();
  expect(cache.sizeBytes).toBeLessThanOrEqual(64 * KB);
});

test("compressed forms count as they are made, so that the bound holds for them, too", async () => {
  const cache = new AnswerCache(72 * KB);
  const first = cache.get("a", () => content(20 * KB));
  const second = cache.get("b", () => content(20 * KB));
  const before = cache.sizeBytes;
  await first.respond(request, context("gzip"));
  expect(cache.sizeBytes).toBeGreaterThan(before + 19 * KB);
  await second.respond(request, context("gzip"));
  expect(cache.sizeBytes).toBeLessThanOrEqual(72 * KB);
  expect(cache.kept("a")).toBeNull();
});

test("an answer larger than the whole cache is served and not kept", async () => {
  const cache = new AnswerCache(8 * KB);
  const answer = cache.get("a", () => content(9 * KB));
  const response = await answer.respond(request, context("identity"));
  expect((await response.arrayBuffer()).byteLength).toBe(9 * KB);
  expect(cache.kept("a")).toBeNull();
});

test("all answers under a prefix are let go together, the others stay", () => {
  const cache = new AnswerCache();
  for (const key of ["1 a", "2 a", "1 b", "1 c", "2 b"]) cache.get(key, () => content(KB));
  cache.forget("1 ");
  expect(["1 a", "1 b", "1 c"].map((key) => cache.kept(key))).toEqual([null, null, null]);
  expect(["2 a", "2 b"].every((key) => cache.kept(key) !== null)).toBe(true);
});
