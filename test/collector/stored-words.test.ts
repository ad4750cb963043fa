import { expect, test } from "bun:test";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { Board } from "../../src/services/board/board.ts";
import { testApp } from "../support/app.ts";
import { start } from "../support/collecting.ts";
import { TestBoard } from "../support/board.ts";
import { testDatabase } from "../support/database.ts";
import { quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const MINUTE_MS = 60_000;
const ADDRESS = "2001:db8::8a2e:370:7334";

test("an exchange's wording goes from the collector into the log, and into no response of any kind", async () => {
  using database = testDatabase();
  let isBroken = false;
  const okx = scriptedExchange("okx", () => {
    const detail = `IP(${ADDRESS}) banned`;
    if (isBroken) throw new RequestFailure("banned", `code 50011: ${ADDRESS}`, { detail });
    return batchOf([quoteOf("BTC")]);
  });
  const bybit = scriptedExchange("bybit", () => {
    if (isBroken) throw new TypeError(`undefined is not a function near ${ADDRESS}`);
    return batchOf([quoteOf("BTC")]);
  });
  const gate = scriptedExchange("gate", () => batchOf([quoteOf("BTC")]));
  gate.refresh = async (source) => {
    await source.secondary("volume", () => {
      throw new RequestFailure("http", `label ${ADDRESS}`);
    });
    return { ...batchOf([quoteOf("BTC")]), explain: () => null };
  };
  const run = start(database, [okx, bybit, gate]);
  await run.clock.advance(MINUTE_MS);
  isBroken = true;
  await run.clock.advance(2 * MINUTE_MS);
  const { clock } = run;
  const board = new Board({ reader: database.reader, clock, staleAfterMs: 15 * MINUTE_MS });
  board.poll();
  const snapshot = board.current();
  const app = testApp(new TestBoard(snapshot), { board, health: () => board.health() });
  const answers = await Promise.all(
    [
      "/api/health",
      "/api/exchanges",
      "/api/exchanges?format=csv",
      "/api/quality",
      "/metrics",
      "/",
    ].map(async (path) => (await app.get(path)).text()),
  );
  await run.stop();
  const answered = answers.join("\n");
  expect(answered).toContain("banned: it temporarily bans this address");
  expect(answered).toContain("bad_envelope: the answer could not be read");
  expect(answered).toContain("volume: http: it returned an error");
  expect(answered).not.toContain(ADDRESS);
  const logged = run.log.lines.filter(({ fields }) => JSON.stringify(fields).includes(ADDRESS));
  expect(new Set(logged.map(({ event, fields }) => `${event} ${fields["exchange"]}`))).toEqual(
    new Set(["exchange_failed okx", "exchange_failed bybit", "exchange_degraded gate"]),
  );
});
