import { afterAll, describe, expect, test } from "bun:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { gzipBomb } from "../../src/simulator/hostile-bodies.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { HttpClient, type JsonReply } from "../../src/lib/http-client.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";

const ROWS = Array.from({ length: 500 }, (_, nth) => ({ symbol: `BÖRSE${nth}`, rate: nth / 1e4 }));
const TEXT = JSON.stringify(ROWS);
const GZIP = gzipSync(TEXT);

/** Bodies whose end waits for the test. */
let letEnd = (): void => {};
const ended = new Promise<void>((resolve) => {
  letEnd = resolve;
});

function encoded(
  body: ConstructorParameters<typeof Response>[0],
  encoding: string,
  status = 200,
): Response {
  return new Response(body, { status, headers: { "content-encoding": encoding } });
}

/** A text of `bytes` bytes immediately, its closing quote later. */
function slowText(bytes: number): Response {
  return new Response(
    new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(`"${"x".repeat(bytes - 2)}`));
        await ended;
        controller.enqueue(new TextEncoder().encode('"'));
        controller.close();
      },
    }),
  );
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4_096)) });
}

const ANSWERS: Readonly<Record<string, (request: Request) => Response>> = {
  "/encoding": (request) => Response.json(request.headers.get("accept-encoding")),
  "/gzip": () => encoded(GZIP, "gzip"),
  "/x-gzip": () => encoded(GZIP, "X-GZip"),
  "/members": () => encoded(Buffer.concat([gzipSync("[1,"), gzipSync("2]")]), "gzip"),
  "/identity": () => encoded(TEXT, "identity"),
  "/half-gzip": () => encoded(GZIP.subarray(0, GZIP.length >> 1), "gzip"),
  "/no-gzip": () => encoded(TEXT, "gzip"),
  "/br": () => encoded(brotliCompressSync(TEXT), "br"),
  "/twice": () => encoded(gzipSync(GZIP), "gzip, gzip"),
  "/bomb": () => encoded(gzipBomb(), "gzip"),
  "/bomb-500": () => encoded(gzipBomb(), "gzip", 500),
  "/endless-500": () => new Response(endless(), { status: 500 }),
  "/deep": () => new Response("[".repeat(50_000)),
  "/rows": () => Response.json(Array.from({ length: 1_001 }, () => 0)),
  "/values": () => Response.json(Array.from({ length: 900 }, () => [0, 0, 0])),
};

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/slow") return slowText(Number(searchParams.get("bytes")));
    return ANSWERS[pathname]?.(request) ?? new Response("", { status: 404 });
  },
});
afterAll(() => server.stop(true));

const BOUNDS = {
  maxBytes: 100_000,
  json: { maxDepth: 8, maxValues: 3_000, maxMembers: 1_000 },
} as const;

const client = new HttpClient({
  clock: systemClock,
  random: () => 0,
  userAgent: "test",
  limits: { timeoutMs: 30_000, maxBodyBytes: 100_000, maxHeldBytes: 120_000 },
});

function ask(path: string): Promise<JsonReply<unknown>> {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const reading = { bounds: BOUNDS, decode: (body: unknown) => body };
  return client.json({ method: "GET", url, repeatable: false }, reading);
}

async function failureOf(path: string): Promise<RequestFailure> {
  const result = await ask(path).catch((error: unknown) => error);
  if (result instanceof RequestFailure) return result;
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}

describe("a compressed response", () => {
  test("is requested in the one encoding that can be inflated in small chunks", async () => {
    expect((await ask("/encoding")).value).toBe("gzip");
  });

  test.each(["/gzip", "/x-gzip", "/identity"])(
    "%s is read, and its size is the decoded one",
    async (path) => {
      const reply = await ask(path);
      expect(reply.value).toEqual(ROWS);
      expect(reply).toMatchObject({ bytes: Buffer.byteLength(TEXT), mostMembers: 500 });
    },
  );

  test("with several members is one body", async () => {
    expect((await ask("/members")).value).toEqual([1, 2]);
  });

  test.each([
    ["/half-gzip", "network", "the connection failed (Z_BUF_ERROR)"],
    ["/no-gzip", "bad_envelope", "the answer claims to be gzip but is not"],
    ["/br", "bad_envelope", "the answer uses an encoding that was not requested"],
    ["/twice", "bad_envelope", "the answer uses an encoding that was not requested"],
  ] as const)("%s is a failure of kind %s", async (path, kind, message) => {
    expect(await failureOf(path)).toMatchObject({ kind, message });
  });
});

describe("a response that would fill the memory", () => {
  test.each([
    ["/bomb", "the answer has a list of more than 1000 items"],
    ["/deep", "the answer is nested more than 8 levels deep"],
    ["/rows", "the answer has a list of more than 1000 items"],
    ["/values", "the answer has more than 3000 values"],
    ["/slow?bytes=100002", "the answer is over 100000 bytes"],
  ])("%s is too large, and the message states the limit", async (path, message) => {
    expect(await failureOf(path)).toMatchObject({ kind: "too_large", message });
  });

  test.each(["/bomb-500", "/endless-500"])(
    "with an error status (%s) is that failure, with its beginning read",
    async (path) => {
      expect(await failureOf(path)).toMatchObject({ kind: "http", status: 500 });
    },
  );

  test("alongside others: if all together are too many bytes, the largest is aborted and the others are read", async () => {
    const sizes = [30_000, 60_000, 20_000];
    const pending = sizes.map((bytes) =>
      ask(`/slow?bytes=${bytes}`).catch((error: unknown) => error),
    );
    const late = ask("/slow?bytes=25000");
    const largest = await pending[1];
    expect(largest).toMatchObject({
      kind: "too_large",
      message: "pending answers exceeded 120000 bytes, this was the largest",
    });
    letEnd();
    const texts = await Promise.all([pending[0], pending[2], late]);
    expect(texts).toMatchObject([{ bytes: 30_000 }, { bytes: 20_000 }, { bytes: 25_000 }]);
  });
});
