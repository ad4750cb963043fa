import { describe, expect, test } from "bun:test";
import type { ExchangeTruth } from "../../src/demo/truth.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { FundingList } from "../../src/http/api/funding/schema.ts";
import { childrenOf, type DemoProcess, isRunning, startDemo } from "../support/demo-process.ts";
import { allShown } from "../support/service-api.ts";
import { temporaryDatabasePath, until } from "../support/service.ts";
import { truthDifferences } from "../support/truth-differences.ts";

/** Several starts and a wait for published snapshots; each wait inside has a bound of its own. */
const LONG_MS = 90_000;

/** What the eight exchanges list together, about. */
const LEAST_ROWS = 4_500;

const SECOND_START_WITHIN_MS = 10_000;

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}

async function control(simulator: string, command: string, body: object = {}): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(body) };
  expect((await fetch(`${simulator}/control/${command}`, init)).status).toBe(200);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

describe("make demo", () => {
  test(
    "prints an address where all exchanges are, ends with its children at SIGINT and SIGTERM, starts again at once",
    async () => {
      using database = temporaryDatabasePath();
      const settings = { DATABASE_PATH: database.path };
      const startedMs = performance.now();
      {
        await using demo = await startDemo(settings);
        expect(demo.output()).toContain(`open ${demo.address}\n`);
        await allShown(demo.address, EXCHANGE_IDS);
        const freshMs = performance.now() - startedMs;
        console.log(`demo: ready ${seconds(demo.readyMs)}, all fresh ${seconds(freshMs)}`);
        const list = await get<FundingList>(`${demo.address}/api/funding/current`);
        expect(list.total).toBeGreaterThan(LEAST_ROWS);
        expect(new Set(list.rows.map((row) => row.exchange))).toEqual(new Set(EXCHANGE_IDS));
        expect((await fetch(demo.address)).headers.get("content-type")).toStartWith("text/html");
        await endsWhole(demo, "SIGINT");
      }
      await using again = await startDemo(settings);
      console.log(`demo: second start ready ${seconds(again.readyMs)}`);
      expect(again.readyMs).toBeLessThan(SECOND_START_WITHIN_MS);
      const list = await get<FundingList>(`${again.address}/api/funding/current`);
      expect(list.total).toBeGreaterThan(LEAST_ROWS);
      await endsWhole(again, "SIGTERM");
    },
    LONG_MS,
  );

  test(
    "serves every instrument of a market that stands still as it truly is, and again after it has moved",
    async () => {
      using database = temporaryDatabasePath();
      await using demo = await startDemo(
        { DATABASE_PATH: database.path, REFRESH_SECONDS: "2" },
        standStill,
      );
      await allShown(demo.address, EXCHANGE_IDS);
      await servesTruth(demo, EXCHANGE_IDS);
      await control(demo.simulator, "step", { ms: STEP_MINUTES * 60_000 });
      // Hyperliquid's own pace lets it be asked every twenty seconds only.
      await servesTruth(
        demo,
        EXCHANGE_IDS.filter((id) => id !== "hyperliquid"),
      );
      await endsWhole(demo, "SIGTERM");
    },
    LONG_MS,
  );
});

/** Far enough for every price and rate to move, near enough to stay within the hour. */
const STEP_MINUTES = 10;

/** Freezes the market, away from full hours: a settlement would change it although it stands still. */
async function standStill(simulator: string): Promise<void> {
  await control(simulator, "freeze");
  const { now_ms: nowMs } = await get<{ now_ms: number }>(`${simulator}/control/clock`);
  const minute = new Date(nowMs).getUTCMinutes();
  const early = 5;
  if (minute >= 45) await control(simulator, "step", { ms: (60 + early - minute) * 60_000 });
  else if (minute < early) await control(simulator, "step", { ms: (early - minute) * 60_000 });
}

/** Waits until the list equals the market that stands still. */
async function servesTruth(demo: DemoProcess, ids: readonly ExchangeId[]): Promise<void> {
  const truth = await get<Record<ExchangeId, ExchangeTruth>>(`${demo.simulator}/control/truth`);
  let wrong = ["nothing compared yet"];
  await until(
    async () => {
      const list = await get<FundingList>(`${demo.address}/api/funding/current`);
      wrong = ids.flatMap((id) => differencesOn(id, list, truth[id]));
      return wrong.length === 0;
    },
    () => `${wrong.length} differences: ${wrong.slice(0, 10).join("; ")}`,
  );
}

function differencesOn(
  id: ExchangeId,
  list: FundingList,
  { instruments }: ExchangeTruth,
): readonly string[] {
  const served = list.rows.filter((row) => row.exchange === id);
  // Binance's open interest is asked for one by one, over minutes.
  const paced = id === "binance" ? (["open_interest_usd"] as const) : [];
  const wrong = truthDifferences(served, instruments, paced).map((text) => `${id} ${text}`);
  const sizes = `${id} serves ${served.length} of ${instruments.length}`;
  return served.length === instruments.length ? wrong : [...wrong, sizes];
}

/** Sends the signal to the demo alone: it ends with status 0, both its children with it. */
async function endsWhole(demo: DemoProcess, signal: "SIGINT" | "SIGTERM"): Promise<void> {
  const children = childrenOf(demo.pid);
  expect(children).toHaveLength(2);
  const startedMs = performance.now();
  demo.kill(signal);
  expect(await demo.exited).toBe(0);
  console.log(`demo: ended ${seconds(performance.now() - startedMs)} after ${signal}`);
  expect(children.filter(isRunning)).toEqual([]);
  for (const origin of [demo.address, demo.simulator]) {
    expect(await fetch(origin).catch(() => "nobody listens")).toBe("nobody listens");
  }
}
