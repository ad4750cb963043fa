import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { nginxPath, startNginx } from "../support/nginx.ts";
import { LONG_MS } from "../support/patience.ts";
import { rawRequest, serveApp } from "../support/raw-http.ts";

const NGINX = nginxPath();

const FILE = await Bun.file(join(import.meta.dir, "../../nginx/funding-finder.conf")).text();

/** The file itself, for these ports; `change` is a modification by the operator. */
const siteOf = (ports: readonly number[], change = (text: string) => text) => ({
  site: (port: number) =>
    change(FILE)
      .replace("listen 80;", `listen 127.0.0.1:${port};`)
      .replace("127.0.0.1:8083", `127.0.0.1:${ports[0]}`)
      .replace("# server 127.0.0.1:8084", `server 127.0.0.1:${ports[1]}`),
});

/** So many that each answer is compressed, which takes a turn. */
const ROWS = ["BTC", "ETH", "SOL", "XRP"].map((base) => rowOf("okx", base));

/** Two processes on one board, behind nginx as configured by the file. */
async function serveTwo(change?: (text: string) => string) {
  const board = new TestBoard(snapshotOf("1-1", ROWS));
  const clock = new ManualClock();
  const streams = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
  const apps = [1, 2].map(() => testApp(board, { streams, clock, trustedProxies: ["127.0.0.1"] }));
  const servers = apps.map((app) => serveApp(app));
  const nginx = await startNginx(
    siteOf(
      servers.map(({ port }) => port),
      change,
    ),
  );
  return {
    board,
    nginx,
    /** Which clients both services have seen, and how often. */
    clients: () =>
      apps
        .flatMap(({ log }) => log.lines)
        .filter(({ event }) => event === "request")
        .map(({ fields }) => fields?.["client"]),
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}

function send(
  port: number,
  method: string,
  { headers = "", from = "127.0.0.1" } = {},
): ReturnType<typeof rawRequest> {
  const head = `${method} /livez HTTP/1.1\r\nHost: finder.test\r\n${headers}`;
  return rawRequest(port, Buffer.from(`${head}Connection: close\r\n\r\n`), from);
}

/** Clients that nginx distributes over both servers. */
const EACH = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"];

describe.if(NGINX !== null)("behind nginx with nginx/funding-finder.conf", () => {
  test(
    "an unknown method is refused by nginx, and known ones work",
    async () => {
      await using service = await serveTwo();
      for (const method of ["FOO", "POST", "DELETE", "PROPFIND", "TRACE", "BREW"]) {
        for (const from of EACH) {
          const { status, text } = await send(service.nginx.port, method, { from });
          expect([method, status]).toEqual([method, 405]);
          expect(text).toContain("Allow: GET, HEAD, OPTIONS");
        }
      }
      expect(service.clients()).toEqual([]);
      for (const method of ["GET", "HEAD", "GET", "HEAD"])
        expect((await send(service.nginx.port, method)).status).toBe(200);
      expect((await send(service.nginx.port, "OPTIONS")).status).toBe(204);
      expect((await send(service.nginx.port, "GET")).text).not.toContain("Allow:");
    },
    LONG_MS,
  );

  test(
    "a request that both processes hang up on takes neither of them out",
    async () => {
      // Without nginx's refusal the parser of each process gets the method.
      const unguarded = (text: string) => text.replace("return 405;", "");
      await using service = await serveTwo(unguarded);
      for (const from of EACH) {
        expect((await send(service.nginx.port, "FOO", { from })).status).toBe(502);
        expect((await send(service.nginx.port, "GET", { from })).status).toBe(200);
      }
    },
    LONG_MS,
  );

  test(
    "a process that has ended costs no client a response",
    async () => {
      const gone = serveApp(testApp(new TestBoard()));
      await gone[Symbol.asyncDispose]();
      await using left = serveApp(testApp(new TestBoard()));
      await using nginx = await startNginx(siteOf([gone.port, left.port]));
      for (const from of EACH) expect((await send(nginx.port, "GET", { from })).status).toBe(200);
    },
    LONG_MS,
  );

  test(
    "a client cannot impersonate another one, whether its own address is trusted or not",
    async () => {
      await using service = await serveTwo();
      for (const claim of ["198.51.100.7", "198.51.100.7, 127.0.0.1", "127.0.0.1:1"])
        await send(service.nginx.port, "GET", { headers: `X-Forwarded-For: ${claim}\r\n` });
      expect(service.clients()).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
      const claim = { headers: "X-Forwarded-For: 198.51.100.7\r\n", from: "127.0.0.9" };
      await send(service.nginx.port, "GET", claim);
      expect(service.clients().toSorted().at(-1)).toBe("127.0.0.9");
    },
    LONG_MS,
  );

  test(
    "each process has clients, and each client has one process, which serves all pages of a list",
    async () => {
      // Two processes that have published different snapshots of one market.
      const showing = (id: string) => serveApp(testApp(new TestBoard(snapshotOf(id, ROWS))));
      await using first = showing("1-1");
      await using second = showing("1-2");
      await using nginx = await startNginx(siteOf([first.port, second.port]));
      const processes = new Set<string>();
      for (const from of EACH) {
        const seen: string[] = [];
        for (let next: string | undefined = "limit=1"; next !== undefined;) {
          const request = `GET /api/funding/current?${next} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
          const { status, text } = await rawRequest(nginx.port, Buffer.from(request), from);
          seen.push(`${status} ${/^x-snapshot: (.*)\r$/im.exec(text)?.[1]}`);
          next = /^link: <[^?]*\?(.*)>/im.exec(text)?.[1];
        }
        expect(new Set(seen).size).toBe(1);
        expect(seen).toHaveLength(ROWS.length);
        processes.add(seen[0] ?? "");
      }
      expect([...processes].toSorted()).toEqual(["200 1-1", "200 1-2"]);
    },
    LONG_MS,
  );

  test(
    "each event of the stream arrives when it is sent",
    async () => {
      await using service = await serveTwo();
      const response = await fetch(`${service.nginx.origin}/api/funding/stream`);
      const reader = new EventReader(response.body);
      expect((await reader.next()).name).toBe("reset");
      for (const [id, fundingRate] of [
        ["1-2", 2],
        ["1-3", 3],
      ] as const) {
        service.board.publish(snapshotOf(id, [rowOf("okx", "BTC", { fundingRate })]));
        expect(await reader.next()).toMatchObject({ name: "changes", id });
      }
      await reader.close();
    },
    LONG_MS,
  );

  test(
    "requests that a client sends all at once are answered one after the other",
    async () => {
      await using service = await serveTwo();
      const requests = EACH.map((_, at) => {
        const limit = at + 1;
        const close = limit === EACH.length ? "Connection: close\r\n" : "";
        return `GET /api/funding/current?limit=${limit} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n${close}\r\n`;
      });
      const { text } = await rawRequest(service.nginx.port, Buffer.from(requests.join("")));
      expect(text.split("HTTP/1.1 200 OK").length - 1).toBe(EACH.length);
    },
    LONG_MS,
  );

  test(
    "one client may have this many concurrent requests and no more",
    async () => {
      const two = (text: string) =>
        text.replace("funding_finder_clients 64;", "funding_finder_clients 2;");
      await using service = await serveTwo(two);
      const stream = () => fetch(`${service.nginx.origin}/api/funding/stream`);
      const open = [await stream(), await stream()];
      expect(open.map(({ status }) => status)).toEqual([200, 200]);
      expect((await stream()).status).toBe(429);
      for (const { body } of open) await body?.cancel();
    },
    LONG_MS,
  );
});

test("nginx is installed where it is required", () => {
  if (NGINX === null)
    console.error(
      "NO NGINX FOUND: nginx/funding-finder.conf was not tested (install nginx to do so)",
    );
  expect(NGINX !== null || process.env["REQUIRE_NGINX"] !== "1").toBe(true);
});
