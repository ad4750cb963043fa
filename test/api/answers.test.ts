import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { freshResponse } from "../../src/http/lists/content.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { decodedBody } from "../support/contract.ts";
import { NOON_MS } from "../support/quote.ts";

const PATH = "/api/funding/current";

const MANY: readonly BoardRow[] = EXCHANGE_IDS.flatMap((exchange) =>
  ["BTC", "ETH", "SOL"].map((base) => rowOf(exchange, base)),
);

function bigApp() {
  return testApp(new TestBoard(snapshotOf("1-1", MANY)));
}

/** A snapshot that counts how often an answer is built from its rows. */
function countedSnapshot(id: string): { snapshot: Snapshot; made: () => number } {
  let made = 0;
  const plain = snapshotOf(id, MANY);
  const snapshot: Snapshot = {
    ...plain,
    get rows() {
      made += 1;
      return plain.rows;
    },
  };
  return { snapshot, made: () => made };
}

describe("encodings", () => {
  test.each(["gzip", "br", "zstd"])(
    "%s decodes to the same bytes as identity",
    async (encoding) => {
      const app = bigApp();
      const plain = Buffer.from(await (await app.get(PATH)).arrayBuffer());
      const packed = await app.get(PATH, { "accept-encoding": encoding });
      expect(packed.headers.get("content-encoding")).toBe(encoding);
      expect(packed.headers.get("vary")).toBe("Accept, Accept-Encoding");
      const size = (await packed.clone().arrayBuffer()).byteLength;
      expect(size).toBeLessThan(plain.byteLength / 2);
      expect(await decodedBody(packed)).toEqual(plain);
    },
  );

  test("answers under 1 KB are not compressed", async () => {
    const app = bigApp();
    const response = await app.get(`${PATH}?base=NOPE`, { "accept-encoding": "gzip" });
    expect(response.headers.has("content-encoding")).toBe(false);
  });

  test("concurrent requests for an encoding share one representation", async () => {
    const app = bigApp();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => app.get(PATH, { "accept-encoding": "gzip" })),
    );
    const bodies = await Promise.all(all.map(decodedBody));
    expect(new Set(bodies.map(String)).size).toBe(1);
    expect(new Set(all.map((response) => response.headers.get("etag"))).size).toBe(1);
  });
});

describe("validation", () => {
  test("each encoding has its own strong entity tag", async () => {
    const app = bigApp();
    const tags = await Promise.all(
      ["identity", "gzip", "br", "zstd"].map(async (encoding) =>
        (await app.get(PATH, { "accept-encoding": encoding })).headers.get("etag"),
      ),
    );
    expect(new Set(tags).size).toBe(4);
    for (const tag of tags) expect(tag).toMatch(/^"[\w-]+"$/);
  });

  test("If-None-Match with the current tag is a 304 without a body: weak, in a list, or *", async () => {
    const app = bigApp();
    const etag = (await app.get(PATH)).headers.get("etag") ?? "";
    for (const held of [etag, `W/${etag}`, `"other", ${etag}`, `"a",W/${etag}`, "*"]) {
      const response = await app.get(PATH, { "if-none-match": held });
      expect([held, response.status]).toEqual([held, 304]);
      expect(response.headers.get("etag")).toBe(etag);
      expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
      expect(response.headers.get("cache-control")).toContain("max-age=5");
    }
    for (const held of ['"other"', etag.slice(1, -1)]) {
      expect((await app.get(PATH, { "if-none-match": held })).status).toBe(200);
    }
  });

  test("a new snapshot has a new entity tag", async () => {
    const app = bigApp();
    const etag = (await app.get(PATH)).headers.get("etag") ?? "";
    app.board.publish(snapshotOf("1-2", MANY));
    const response = await app.get(PATH, { "if-none-match": etag });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ snapshot: "1-2" });
  });
});

function serverOf(app: ReturnType<typeof testApp>) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => app.fetch(request),
  });
  return { url: server.url, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** HEAD, then GET. */
async function bothOf(url: URL): Promise<{ readonly head: Response; readonly got: Response }> {
  const address = new URL(PATH, url);
  const headers = { "accept-encoding": "identity" };
  const head = await fetch(address, { method: "HEAD", headers });
  return { head, got: await fetch(address, { headers }) };
}

test.each(["csv", "ndjson"])(
  "a page of %s changes with each snapshot, since its headers link to the next page",
  async (format) => {
    const app = bigApp();
    const path = `${PATH}?format=${format}&limit=1`;
    const { headers } = await app.get(path);
    app.board.publish(snapshotOf("1-2", MANY));
    const later = await app.get(path, { "if-none-match": headers.get("etag") ?? "" });
    expect([later.status, later.headers.get("x-snapshot")]).toEqual([200, "1-2"]);
    expect(later.headers.get("x-fetched-at")).toBe(String(NOON_MS / 1000));
    expect(later.headers.get("link")).not.toBe(headers.get("link"));
  },
);

describe("HEAD", () => {
  test.each(["identity", "gzip"])(
    "has the headers of GET and the length of its body in %s",
    async (encoding) => {
      const app = bigApp();
      for (const _ of ["first", "again"]) {
        const head = await app.send("HEAD", PATH, { "accept-encoding": encoding });
        const got = await app.get(PATH, { "accept-encoding": encoding });
        expect(head.headers.get("etag")).toBe(got.headers.get("etag"));
        expect(head.headers.get("content-encoding")).toBe(got.headers.get("content-encoding"));
        expect(head.headers.get("content-length")).toBe(
          String((await got.arrayBuffer()).byteLength),
        );
      }
    },
  );

  test("reports the length of an uncached answer in bytes, not in characters", () => {
    const of = { contentType: "text/plain", status: 200, requestId: "1" };
    expect(freshResponse("ä€", of).headers.get("content-length")).toBe("5");
  });

  test("reports the same length through the server", async () => {
    await using server = serverOf(bigApp());
    const { head, got } = await bothOf(server.url);
    expect(head.headers.get("content-length")).toBe(String((await got.bytes()).byteLength));
  });

  test("of a list that was never requested omits the length instead of reporting 0", async () => {
    const rows = Array.from({ length: 2_001 }, (_, n) => rowOf("okx", `C${n}`));
    await using server = serverOf(testApp(new TestBoard(snapshotOf("1-1", rows))));
    const early = await bothOf(server.url);
    expect(early.head.headers.has("content-length")).toBe(false);
    expect(early.head.headers.get("etag")).toBe(early.got.headers.get("etag"));
    const late = await bothOf(server.url);
    expect(late.head.headers.get("content-length")).toBe(
      String((await late.got.bytes()).byteLength),
    );
  });
});

describe("serialisation", () => {
  test("happens once per snapshot and query, regardless of spelling and encoding", async () => {
    const { snapshot, made } = countedSnapshot("1-1");
    const app = testApp(new TestBoard(snapshot));
    const before = made();
    const spellings = [
      "?exchange=okx,bybit&sort=base",
      "?sort=base&exchange=bybit,okx",
      "?exchange=bybit&exchange=okx&sort=base&order=asc&min_volume=0",
      "?exchange=okx,okx,bybit&sort=base&min_volume=0.0",
    ];
    for (const spelling of spellings) {
      for (const encoding of ["identity", "gzip", "zstd", "br"])
        await app.get(PATH + spelling, { "accept-encoding": encoding });
      await app.send("HEAD", PATH + spelling);
    }
    expect(made() - before).toBe(1);
    await app.get(`${PATH}?exchange=okx&sort=base`);
    expect(made() - before).toBe(2);
  });

  test("happens again for a new snapshot, never with the previous one's rows", async () => {
    const app = bigApp();
    await app.get(PATH);
    const { snapshot, made } = countedSnapshot("1-2");
    app.board.publish(snapshot);
    const before = made();
    expect(await (await app.get(PATH)).json()).toMatchObject({ snapshot: "1-2" });
    expect(await (await app.get(PATH)).json()).toMatchObject({ snapshot: "1-2" });
    expect(made() - before).toBe(1);
  });
});

describe("one query", () => {
  test("has a separate answer for each page size", async () => {
    const app = bigApp();
    const sizes = [1, 2, MANY.length];
    for (const size of sizes) {
      const { count } = (await (await app.get(`${PATH}?limit=${size}`)).json()) as {
        readonly count: number;
      };
      expect(count).toBe(size);
    }
  });
});

describe("a streamed list", () => {
  // The first row is the same in every answer.
  const long = (["binance", "bybit", "okx"] as const).flatMap((exchange) =>
    Array.from({ length: 2_001 }, (_, place) => rowOf(exchange, `COIN${place}`)),
  );

  test("has its own tag for every snapshot, query, page and format", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", long)));
    const tags: (string | null)[] = [];
    const ask = async (query: string) => {
      const response = await app.get(PATH + query, { "if-none-match": tags.join() });
      expect([query, response.status]).toEqual([query, 200]);
      tags.push(response.headers.get("etag"));
      await response.body?.cancel();
    };
    for (const query of [
      "",
      "?format=ndjson",
      "?limit=2500",
      "?limit=2600",
      "?exchange=binance,bybit",
      "?exchange=binance,okx",
    ])
      await ask(query);
    app.board.publish(snapshotOf("1-2", long));
    await ask("");
    expect(new Set(tags).size).toBe(tags.length);
  });
});

describe("a replaced snapshot", () => {
  test("leaves no cached answers behind, including those of its later pages", async () => {
    const { snapshot, made } = countedSnapshot("1-1");
    const app = testApp(new TestBoard(snapshot));
    const { next_cursor: cursor } = (await (await app.get(`${PATH}?limit=2`)).json()) as {
      next_cursor: string;
    };
    const second = `${PATH}?limit=2&cursor=${cursor}`;
    app.board.publish(snapshotOf("1-2", MANY));
    await app.get(second);
    const before = made();
    await app.get(second);
    expect(made()).toBe(before);
    app.board.publish(snapshotOf("1-3", MANY));
    await app.get(PATH);
    await app.get(second);
    expect(made()).toBe(before + 1);
  });
});

describe("a path", () => {
  test("with percent-encoded letters is treated as the same address everywhere", async () => {
    const app = bigApp();
    const odd = "/api/funding/c%75rrent";
    expect(await (await app.get(odd)).text()).toBe(await (await app.get(PATH)).text());
    expect((await app.send("POST", odd)).status).toBe(405);
    expect((await app.send("OPTIONS", odd)).status).toBe(204);
    // The route label of metrics is also part of the cache key.
    expect(app.log.lines[0]?.fields["route"]).toBe(PATH);
  });
});
