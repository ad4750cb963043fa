import { describe, expect, test } from "bun:test";
import { Transform } from "node:stream";
import { createGzip } from "node:zlib";
import { AnswerCache, HotAnswers } from "../../src/http/answers/answer-cache.ts";
import { answerLoad } from "../../src/http/answers/answer-load.ts";
import { Answer, type AnswerContent } from "../../src/http/answers/answer.ts";
import { through } from "../../src/http/answers/compress.ts";
import { writtenList } from "../../src/http/lists/content.ts";
import type { Encoding } from "../../src/http/protocol/negotiate.ts";
import type { RequestAddress } from "../../src/http/protocol/request-address.ts";
import type { RequestContext } from "../../src/http/protocol/request-context.ts";
import { snapshotOf } from "../support/board.ts";
import { decodedBody } from "../support/contract.ts";
import { ManualClock } from "../support/manual-clock.ts";

const KB = 1024;

const load = answerLoad(new ManualClock());

function addressAt(target: string): RequestAddress {
  const [path = "", query = ""] = target.split("?");
  return { target, path, query };
}

function content(bytes: number): AnswerContent {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return {
    chunks: () => [random],
    streamed: null,
    contentType: "text/plain",
    cacheControl: "no-store",
    vary: "Accept-Encoding",
    headers: {},
  };
}

const context = (encoding: Encoding): RequestContext => ({
  requestId: "1",
  address: addressAt("/"),
  client: null,
  route: "/",
  encoding,
  accepts: "json",
  cacheControl: "public",
});
const request = new Request("http://finder.test/");

test("an answer is built once and cached", () => {
  const cache = new AnswerCache(load);
  let made = 0;
  const make = (): AnswerContent => {
    made += 1;
    return content(KB);
  };
  expect(cache.getOrCreate("a", make)).toBe(cache.getOrCreate("a", make));
  expect(made).toBe(1);
});

test("the least recently used answers are evicted when the byte limit is reached", () => {
  const cache = new AnswerCache(load, 72 * KB);
  for (const key of ["a", "b", "c"]) cache.getOrCreate(key, () => content(18 * KB));
  cache.get("a");
  cache.getOrCreate("d", () => content(18 * KB));
  expect(cache.get("a")).not.toBeNull();
  expect(cache.get("b")).toBeNull();
  expect(cache.sizeBytes).toBeLessThanOrEqual(72 * KB);
});

test("compressed representations count when they are built, so that the limit includes them", async () => {
  const cache = new AnswerCache(load, 72 * KB);
  const first = cache.getOrCreate("a", () => content(20 * KB));
  const second = cache.getOrCreate("b", () => content(20 * KB));
  const before = cache.sizeBytes;
  await first.respond(request, context("gzip"));
  expect(cache.sizeBytes).toBeGreaterThan(before + 19 * KB);
  await second.respond(request, context("gzip"));
  expect(cache.sizeBytes).toBeLessThanOrEqual(72 * KB);
  expect(cache.get("a")).toBeNull();
});

test("an answer larger than the whole cache is served and not cached", async () => {
  const cache = new AnswerCache(load, 8 * KB);
  const answer = cache.getOrCreate("a", () => content(9 * KB));
  const response = await answer.respond(request, context("identity"));
  expect((await response.arrayBuffer()).byteLength).toBe(9 * KB);
  expect(cache.get("a")).toBeNull();
});

test("all answers are discarded together", () => {
  const cache = new AnswerCache(load);
  for (const key of ["a", "b"]) cache.getOrCreate(key, () => content(KB));
  cache.retain([], 0);
  expect([cache.get("a"), cache.get("b"), cache.sizeBytes]).toEqual([null, null, 0]);
});

test("an answer that was discarded while being compressed is not cached again", async () => {
  const cache = new AnswerCache(load);
  const response = cache.getOrCreate("a", () => content(20 * KB)).respond(request, context("gzip"));
  cache.retain([], 0);
  expect((await response).status).toBe(200);
  expect([cache.get("a"), cache.sizeBytes]).toEqual([null, 0]);
});

test("paths are cached up to a number and a length", () => {
  const cache = new AnswerCache(load);
  const hot = new HotAnswers(cache);
  const snapshot = snapshotOf("1-1", []);
  hot.retain([snapshot]);
  cache.getOrCreate("a", () => content(KB));
  const isKnown = (target: string) => hot.find(addressAt(target), "json", snapshot) !== null;
  const remember = (target: string) => {
    hot.remember(addressAt(target), "json", snapshot, { key: "a", route: "/" });
    return isKnown(target);
  };
  expect(isKnown("/0")).toBe(false);
  expect([remember(`/${"x".repeat(512)}`), remember(`/${"x".repeat(511)}`)]).toEqual([false, true]);
  for (let n = 1; n < 512; n += 1) expect(remember(`/${n}`)).toBe(true);
  expect([remember("/512"), isKnown("/1")]).toEqual([false, true]);
});

test("a large answer that was never sent counts with what it holds, so that 304s cannot fill the memory", async () => {
  const cache = new AnswerCache(load, 64 * KB);
  const held = new Request(request.url, { headers: { "if-none-match": "*" } });
  for (let n = 0; n < 20; n += 1) {
    const large = {
      ...content(0),
      streamed: { name: `list ${n}`, heldBytes: 10 * KB, expectedBytes: 0 },
    };
    const response = await cache.getOrCreate(`${n}`, () => large).respond(held, context("gzip"));
    expect(response.status).toBe(304);
  }
  const cached = Array.from({ length: 20 }, (_, n) => cache.get(`${n}`)).filter(Boolean);
  expect(cached).toHaveLength(4);
});

test("keys count, so that long queries cannot fill the memory", () => {
  const cache = new AnswerCache(load, 64 * KB);
  for (let n = 0; n < 20; n += 1) cache.getOrCreate(`${n} ${"x".repeat(8 * KB)}`, () => content(1));
  expect(cache.sizeBytes).toBeLessThanOrEqual(64 * KB);
  const cached = Array.from({ length: 20 }, (_, n) => cache.get(`${n} ${"x".repeat(8 * KB)}`));
  expect(cached.filter(Boolean).length).toBeLessThan(4);
});

test("a long list holds its rows, a short one is serialised immediately", () => {
  const listOf = (rows: number) =>
    writtenList({
      name: "1-1 list",
      format: "json",
      vary: "Accept-Encoding",
      headers: {},
      head: {},
      tail: {},
      items: Array.from({ length: rows }, (_, n) => n),
      toRow: (n) => ({ n }),
      columns: [],
    });
  expect(listOf(10).streamed).toBeNull();
  // At least an array of references.
  expect(listOf(10_000).streamed?.heldBytes).toBeGreaterThan(8 * 10_000);
});

describe("a large answer", () => {
  const chunks = Array.from({ length: 40 }, (_, index) => `${index} ünïcode `.repeat(500));
  const whole = new TextEncoder().encode(chunks.join(""));

  function large() {
    let makings = 0;
    const listed: AnswerContent = {
      ...content(0),
      chunks: () => {
        makings += 1;
        return chunks;
      },
      streamed: { name: "1-1 list", heldBytes: 0, expectedBytes: 0 },
    };
    const answer = new Answer(listed, load);
    return { answer, makings: () => makings };
  }

  test.each(["identity", "gzip", "zstd", "br"] as const)(
    "has the same bytes in %s, built on request and only once",
    async (encoding) => {
      const { answer, makings } = large();
      expect([makings(), answer.sizeBytes]).toEqual([0, 0]);
      const both = await Promise.all([
        answer.respond(request, context(encoding)),
        answer.respond(request, context(encoding)),
      ]);
      for (const response of both) {
        expect(response.headers.get("content-encoding")).toBe(
          encoding === "identity" ? null : encoding,
        );
        expect(await decodedBody(response)).toEqual(Buffer.from(whole));
      }
      expect(makings()).toBe(1);
      const small = encoding === "identity" ? whole.byteLength : whole.byteLength / 2;
      expect(answer.sizeBytes).toBeGreaterThan(0);
      expect(answer.sizeBytes).toBeLessThanOrEqual(small);
    },
  );

  test("waits while two others are being built, so that concurrent requests take no more memory", async () => {
    // Every chunk takes a turn of the event loop: other answers could start after it.
    class SlowClock extends ManualClock {
      #nowMs = 0;
      override monotonicMs(): number {
        return (this.#nowMs += 10);
      }
    }
    const cache = new AnswerCache(answerLoad(new SlowClock()));
    let making = 0;
    let maxConcurrent = 0;
    const slowChunks = function* (): Generator<string> {
      making += 1;
      maxConcurrent = Math.max(maxConcurrent, making);
      for (let chunk = 0; chunk < 4; chunk += 1) yield "x".repeat(300 * KB);
      making -= 1;
    };
    const answers = Array.from({ length: 8 }, (_, n) =>
      cache.getOrCreate(`${n}`, () => ({
        ...content(0),
        chunks: slowChunks,
        streamed: { name: `list ${n}`, heldBytes: 0, expectedBytes: 0 },
      })),
    );
    const sent = await Promise.all(
      answers.map(async (answer, n) =>
        answer.respond(request, { ...context("identity"), client: `${n}` }),
      ),
    );
    for (const response of sent)
      expect((await response.arrayBuffer()).byteLength).toBe(4 * 300 * KB);
    expect(maxConcurrent).toBe(2);
  });

  test("has its headers without being built, and its length once it is built", async () => {
    const { answer, makings } = large();
    const head = new Request(request.url, { method: "HEAD" });
    const early = await answer.respond(head, context("gzip"));
    expect(makings()).toBe(0);
    expect((await early.arrayBuffer()).byteLength).toBe(0);
    const got = await answer.respond(request, context("gzip"));
    const bytes = (await got.arrayBuffer()).byteLength;
    expect(Object.fromEntries(early.headers)).toEqual(Object.fromEntries(got.headers));
    const late = await answer.respond(head, context("gzip"));
    expect(Object.fromEntries(late.headers)).toEqual({
      ...Object.fromEntries(got.headers),
      "content-length": String(bytes),
    });
  });

  test("costs nothing for a client that has it, and its ETag does not depend on what was built before", async () => {
    const { answer, makings } = large();
    const tagOf = async (of: Answer) =>
      (await of.respond(request, context("zstd"))).headers.get("etag") ?? "";
    const tag = await tagOf(large().answer);
    const held = new Request(request.url, { headers: { "if-none-match": tag } });
    expect((await answer.respond(held, context("zstd"))).status).toBe(304);
    expect(makings()).toBe(0);
    await answer.respond(request, context("identity"));
    expect(await tagOf(answer)).toBe(tag);
  });
});

describe("compressing while chunks are built", () => {
  const failing = (): Transform =>
    new Transform({
      highWaterMark: 1,
      transform: (_chunk, _encoding, done) => void setImmediate(done, new Error("no memory")),
    });

  test("a failing compressor causes one rejection and nothing else", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    await expect(through(failing(), ["a".repeat(100_000), "b".repeat(100_000)])).rejects.toThrow(
      "no memory",
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onUnhandled);
    expect(unhandled).toEqual([]);
  });

  test("a chunk that cannot be built ends the compressor, too", async () => {
    const stream = createGzip();
    const chunks = function* (): Generator<string> {
      yield "first";
      throw new Error("a row that cannot be written");
    };
    await expect(through(stream, chunks())).rejects.toThrow("a row that cannot be written");
    expect(stream.destroyed).toBe(true);
  });
});
