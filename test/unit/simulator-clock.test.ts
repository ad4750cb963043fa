import { describe, expect, test } from "bun:test";
import { STEP_MS } from "../../src/simulator/market.ts";
import { Market } from "../../src/simulator/running-market.ts";
import { FIRST, type FirstName, ratesOf, ratesRows } from "../support/simulator-rates.ts";
import { ask, DEMO_START_MS, demoMarket } from "../support/simulator.ts";

const HOUR_MS = 3_600_000;

async function bytes(market: Market, exchange: FirstName): Promise<string> {
  const answer = await ask(market, exchange, ratesOf(exchange).request);
  return answer.text();
}

function nextTimes(market: Market, exchange: FirstName): Map<string, number> {
  const { instruments } = market.truth(exchange);
  return new Map(
    instruments.map((row) => [row.exchange_symbol, (row.next_funding_time ?? Number.NaN) * 1000]),
  );
}

describe("the market is a function of seed and time", () => {
  test.each([...FIRST])("%s: the same seed and step give the same bytes", async (exchange) => {
    const first = await bytes(demoMarket({ seed: 7 }), exchange);
    expect(await bytes(demoMarket({ seed: 7 }), exchange)).toBe(first);
    const later = demoMarket({ seed: 7, atMs: DEMO_START_MS + STEP_MS - 1 });
    expect(await bytes(later, exchange)).toBe(first);
  });

  test.each([...FIRST])("%s: another seed gives other numbers", async (exchange) => {
    const rate = (seed: number): readonly number[] =>
      demoMarket({ seed })
        .truth(exchange)
        .instruments.map((row) => row.funding_rate);
    expect(await bytes(demoMarket({ seed: 1 }), exchange)).not.toBe(
      await bytes(demoMarket({ seed: 2 }), exchange),
    );
    expect(rate(1)).not.toEqual(rate(2));
  });

  test("another seed gives other prices, not only another spread around the same ones", () => {
    const price = (seed: number): number => {
      const rows = demoMarket({ seed }).truth("okx").instruments;
      return rows.find((row) => row.base === "BTC")?.mark_price ?? Number.NaN;
    };
    expect(Math.abs(price(1) / price(2) - 1)).toBeGreaterThan(0.005);
  });

  test("a market that reached a time in steps equals one that started there", async () => {
    const walked = demoMarket();
    for (let i = 0; i < 12; i += 1) {
      walked.step(5 * 60_000);
      await bytes(walked, "okx");
    }
    expect(await bytes(walked, "okx")).toBe(
      await bytes(demoMarket({ atMs: DEMO_START_MS + HOUR_MS }), "okx"),
    );
  });

  test.each([...FIRST])("%s: prices move from step to step, by little", (exchange) => {
    const market = demoMarket();
    const before = market.truth(exchange).instruments;
    market.step(STEP_MS);
    const after = market.truth(exchange).instruments;
    const moves = after.map((row, index) =>
      Math.abs((row.mark_price ?? Number.NaN) / (before[index]?.mark_price ?? Number.NaN) - 1),
    );
    expect(moves.filter((move) => move > 0).length / moves.length).toBeGreaterThan(0.5);
    expect(Math.max(...moves)).toBeLessThan(0.01);
  });

  test("running rates move within the hour, kraken's are constant until the next full hour", async () => {
    const market = demoMarket();
    const binance = async (): Promise<readonly unknown[]> =>
      (await ratesRows(market, "binance")).map((row) => row["lastFundingRate"]);
    const kraken = async (): Promise<readonly unknown[]> =>
      (await ratesRows(market, "kraken")).map((row) => row["fundingRate"]);
    const [running, fixed] = [await binance(), await kraken()];
    market.step(20 * 60_000);
    expect(await binance()).not.toEqual(running);
    expect(await kraken()).toEqual(fixed);
    market.step(HOUR_MS);
    expect(await kraken()).not.toEqual(fixed);
  });
});

describe("freeze, unfreeze and step", () => {
  test("a frozen market answers with the same bytes, whatever the time", async () => {
    let nowMs = DEMO_START_MS;
    const market = new Market({ nowMs: () => nowMs });
    market.freeze();
    const before = await bytes(market, "binance");
    nowMs += HOUR_MS;
    expect(market.nowMs()).toBe(DEMO_START_MS);
    expect(await bytes(market, "binance")).toBe(before);
  });

  test("after unfreeze it continues from where it stopped, without a jump", () => {
    let nowMs = DEMO_START_MS;
    const market = new Market({ nowMs: () => nowMs });
    market.freeze();
    nowMs += HOUR_MS;
    market.unfreeze();
    expect(market.nowMs()).toBe(DEMO_START_MS);
    nowMs += 1_000;
    expect(market.nowMs()).toBe(DEMO_START_MS + 1_000);
    market.unfreeze();
    expect(market.nowMs()).toBe(DEMO_START_MS + 1_000);
  });

  test("a step moves a frozen market and a running one alike", () => {
    const market = demoMarket();
    market.step(HOUR_MS);
    market.freeze();
    market.step(HOUR_MS);
    expect(market.nowMs()).toBe(DEMO_START_MS + 2 * HOUR_MS);
    market.unfreeze();
    expect(market.nowMs()).toBe(DEMO_START_MS + 2 * HOUR_MS);
  });
});

describe("settlements", () => {
  test.each([...FIRST])(
    "%s: the next one is ahead, within the interval, on the UTC grid",
    (exchange) => {
      const market = demoMarket();
      for (const row of market.truth(exchange).instruments) {
        const nextMs = (row.next_funding_time ?? Number.NaN) * 1000;
        const intervalMs = (row.funding_interval_hours ?? Number.NaN) * HOUR_MS;
        expect(nextMs).toBeGreaterThan(market.nowMs());
        expect(nextMs - market.nowMs()).toBeLessThanOrEqual(intervalMs);
        if (row.exchange_symbol !== "TRUSTUSDTM") expect(nextMs % intervalMs).toBe(0);
      }
    },
  );

  test.each([...FIRST])("%s: a settlement moves the next time by one interval", (exchange) => {
    const market = demoMarket();
    const { instruments } = market.truth(exchange);
    const before = nextTimes(market, exchange);
    market.step(8 * HOUR_MS);
    const after = nextTimes(market, exchange);
    for (const { exchange_symbol: symbol } of instruments) {
      expect((after.get(symbol) ?? 0) - (before.get(symbol) ?? 0)).toBe(8 * HOUR_MS);
    }
    const eight = instruments.find((row) => (row.funding_interval_hours ?? 0) > 1);
    if (eight === undefined) return;
    const intervalMs = (eight.funding_interval_hours ?? Number.NaN) * HOUR_MS;
    const nextMs = after.get(eight.exchange_symbol) ?? 0;
    market.step(nextMs - market.nowMs() - STEP_MS);
    expect(nextTimes(market, exchange).get(eight.exchange_symbol)).toBe(nextMs);
    market.step(STEP_MS);
    expect(nextTimes(market, exchange).get(eight.exchange_symbol)).toBe(nextMs + intervalMs);
  });

  test("kucoin TRUSTUSDTM settles every 4 h on a grid shifted by 3 h", async () => {
    const market = demoMarket();
    const row = (await ratesRows(market, "kucoin")).find((each) => each["symbol"] === "TRUSTUSDTM");
    const nextMs = Number(row?.["nextFundingRateDateTime"]);
    expect(new Date(nextMs).toISOString()).toBe("2026-11-02T15:00:00.000Z");
    // The other field holds the milliseconds that remain.
    expect(row?.["nextFundingRateTime"]).toBe(nextMs - DEMO_START_MS);
    expect(row?.["currentFundingRateGranularity"]).toBe(4 * HOUR_MS);
  });

  test("okx names three settlements, one interval apart or the last one sooner, and the rate charged at the first", async () => {
    const market = demoMarket();
    const ratios = new Set<number>();
    for (const row of await ratesRows(market, "okx")) {
      const next = Number(row["fundingTime"]);
      const following = Number(row["nextFundingTime"]) - next;
      ratios.add(following / (next - Number(row["prevFundingTime"])));
      expect(row["nextFundingRate"]).toBe("");
    }
    // Some intervals are about to be halved: the running period is still the long one.
    expect([...ratios].toSorted()).toEqual([0.5, 1]);
    const settled = market.truth("okx").instruments.map((row) => row.settled_rate);
    market.step(1_000 * 60);
    expect(market.truth("okx").instruments.map((row) => row.settled_rate)).toEqual(settled);
  });

  test("gate shows the charged rate for one minute after a settlement, and the truth flags it", async () => {
    const market = demoMarket();
    market.freeze();
    market.step(Date.UTC(2026, 10, 2, 16, 0, 0) - market.nowMs() - STEP_MS);
    expect(market.truth("gate").instruments.some((row) => row.settling)).toBe(false);
    market.step(STEP_MS);
    const rates = async (): Promise<Map<unknown, unknown>> =>
      new Map((await ratesRows(market, "gate")).map((row) => [row["name"], row["funding_rate"]]));
    const { instruments } = market.truth("gate");
    const settling = instruments.filter((row) => row.settling);
    // Contracts of every interval settle at four in the afternoon.
    expect(settling.length).toBe(instruments.length);
    expect(
      new Set(settling.map((row) => (row.next_funding_time ?? Number.NaN) * 1000 > market.nowMs())),
    ).toEqual(new Set([true]));
    const charged = await rates();
    market.step(55_000);
    expect(await rates()).toEqual(charged);
    market.step(STEP_MS);
    expect(market.truth("gate").instruments.some((row) => row.settling)).toBe(false);
    expect(await rates()).not.toEqual(charged);
  });

  test("only gate shows a settlement in progress", () => {
    const market = demoMarket({ atMs: Date.UTC(2026, 10, 2, 16, 0, 10) });
    const settling = FIRST.filter((exchange) =>
      market.truth(exchange).instruments.some((row) => row.settling),
    );
    expect(settling).toEqual(["gate"]);
  });
});

describe("payloads are encoded once per step", () => {
  test("a second request in one step causes no encoding, the next step does", () => {
    const market = demoMarket();
    const reply = market.route("gate", {
      method: "GET",
      host: null,
      path: "/api/v4/futures/usdt/contracts",
      query: new URLSearchParams(),
      headers: new Headers(),
      body: null,
    });
    if (reply.type !== "list") throw new Error("gate has no contracts");
    let made = 0;
    const counted = {
      ...reply,
      rows: (view: Parameters<typeof reply.rows>[0]) => {
        made += 1;
        return reply.rows(view);
      },
    };
    const first = market.encode("gate", counted, null);
    expect(market.encode("gate", counted, null)).toBe(first);
    expect(made).toBe(1);
    market.step(STEP_MS);
    market.encode("gate", counted, null);
    expect(made).toBe(2);
    market.setFault("gate", { name: "half_list" });
    market.encode("gate", counted, { name: "half_list" });
    market.clearFaults("gate");
    market.encode("gate", counted, null);
    expect(made).toBe(4);
  });
});
