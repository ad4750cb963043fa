import { describe, expect, test } from "bun:test";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { nginxPath, startNginx } from "../support/nginx.ts";
import { until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

const NGINX = nginxPath();

/** The setup of an operator who wants everything compressed, with nothing specific to streams. */
const COMPRESSING = `
  gzip on;
  gzip_types text/event-stream application/json;
  gzip_proxied any;
  gzip_min_length 0;
  proxy_http_version 1.1;`;

/** More than all buffers between the service and a reader can take. */
const MANY = Array.from({ length: 5_000 }, (_, n) => rowOf("okx", `COIN${n}`));

/** The application behind a real server, on a board and a clock controlled by the test. */
function serve() {
  const board = new TestBoard(snapshotOf("1-1", MANY));
  const clock = new ManualClock();
  const streams = new StreamHub({ board, clock, log: memoryLog(), data: EVENT_DATA });
  const app = testApp(board, { streams, clock });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: (request, self) =>
      app.fetch(request, {
        remoteAddress: self.requestIP(request)?.address,
        limitIdle: (seconds) => self.timeout(request, seconds),
      }),
  });
  return {
    board,
    clock,
    streams,
    origin: server.url.origin,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

describe.if(NGINX !== null)("behind nginx with compression", () => {
  test(
    "every event of the stream arrives when it is sent, and a reader that disconnects is removed",
    async () => {
      await using service = serve();
      await using proxy = await startNginx({
        upstream: service.origin,
        serverConfig: COMPRESSING,
      });
      const response = await fetch(`${proxy.origin}/api/funding/stream`, {
        headers: { "accept-encoding": "gzip" },
      });
      expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
      const reader = new EventReader(response.body);
      await reader.sees("retry: 5000\n\n");
      const reset = await reader.next();
      expect([reset.name, reset.data.rows.length]).toEqual(["reset", MANY.length]);
      // Each must arrive while nothing is sent after it: an event buffered by a proxy never would.
      for (const [id, rate] of [
        ["1-2", 2],
        ["1-3", 3],
      ] as const) {
        service.board.publish(snapshotOf(id, [rowOf("okx", "COIN1", { fundingRate: rate })]));
        expect(await reader.next()).toMatchObject({
          name: "changes",
          id,
          data: { rows: [{ funding_rate: rate }] },
        });
      }
      await service.clock.advance(15_000);
      await reader.sees(": heartbeat\nid: 1-3\n\n");
      await reader.close();
      await until(() => service.streams.stats().open === 0);
    },
    LONG_MS,
  );
});

test("nginx is installed where it is required", () => {
  const isRequired = process.env["REQUIRE_NGINX"] === "1";
  if (NGINX === null)
    console.error("NO NGINX FOUND: nothing was tested behind a proxy (install nginx to test it)");
  expect(NGINX !== null || !isRequired).toBe(true);
});
