import { expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const SNAPSHOT = snapshotOf(
  "1-1",
  EXCHANGE_IDS.flatMap((exchange) => ["BTC", "ETH", "SOL"].map((base) => rowOf(exchange, base))),
);

const PATH = "/api/funding/current";

test("many requests for a few answers are all served: none holds a turn while waiting for another's", async () => {
  // With a stopped clock no request is refused for having waited too long.
  const app = testApp(new TestBoard(SNAPSHOT));
  const limits = [10, 20, 30, 40, 50, 60];
  const targets = Array.from({ length: 4 }, () => limits.map((limit) => `${PATH}?limit=${limit}`));
  const responses = targets.flat().map(async (target) => {
    const headers = { "accept-encoding": "gzip" };
    const response = await app.fetch(new Request(`http://finder.test${target}`, { headers }));
    return response.status;
  });
  expect(await Promise.all(responses)).toEqual(responses.map(() => 200));
});

test("an answer whose client disconnected before its turn is not built", async () => {
  const app = testApp(new TestBoard(SNAPSHOT));
  const leaving = new AbortController();
  const gone = AbortSignal.abort();
  // Two are running; of the waiting ones, one disconnects later and one had before.
  const responses = [undefined, undefined, leaving.signal, gone, undefined].map((signal, at) =>
    app.fetch(new Request(`http://finder.test${PATH}?limit=${10 + at}`, signal && { signal })),
  );
  leaving.abort();
  const statuses = (await Promise.all(responses)).map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 503, 503, 200]);
});
