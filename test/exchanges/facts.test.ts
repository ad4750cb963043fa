import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;

/** What an operator reads must be a sentence, not a placeholder. */
const A_SENTENCE = 20;

const factsOf = (id: ExchangeId): ExchangeFacts => EXCHANGES[id].facts;

describe.each(EXCHANGE_IDS)("the facts of %s", (id) => {
  const facts = factsOf(id);

  test("name it, its documentation, the sources of its rate and its interval, and open questions", () => {
    expect(facts.id).toBe(id);
    expect(facts.name).not.toBe("");
    expect(facts.documentation).toStartWith("https://");
    for (const origin of Object.values(facts.hosts)) {
      expect(new URL(origin).origin).toBe(origin);
      expect(origin).toStartWith("https://");
    }
    const { rateRule, intervalRule, unverifiedRate = rateRule, caveats } = facts;
    const words = [rateRule, intervalRule, unverifiedRate, ...caveats];
    expect(words.filter((text) => text.length < A_SENTENCE)).toEqual([]);
    expect(facts.caveats.length).toBeGreaterThan(0);
  });

  test("have a pace that fits the requests of a minute", async () => {
    const market = demoMarket({ atMs: START_MS });
    const source = simulatorSource(market, id);
    await EXCHANGES[id].refresh(source);
    const { requests, perMs } = facts.pacing;
    const perMinute = source.asks.reduce((sum, ask) => {
      const cycles = ask.everyMs === null ? 1 : MINUTE_MS / Math.max(ask.everyMs, MINUTE_MS);
      return (
        sum +
        ask.requests.length * (ask.kind === "rotation" ? MINUTE_MS / (ask.everyMs ?? 0) : cycles)
      );
    }, 0);
    expect(perMinute).toBeLessThanOrEqual(requests * (MINUTE_MS / perMs));
  });

  test("count the requests of a refresh a minute after the first, when no list is due again", async () => {
    using lab = exchangeLab([id], START_MS, "off");
    await lab.cycle(id);
    const { market } = lab.simulator;
    const first = totalOf(market.requests());
    const { requestsPerRefresh, requestsPerInstrument = 0 } = facts;
    const each = requestsPerInstrument * market.truth(id).instruments.length;
    market.resetRequests();
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle(id);
    expect(totalOf(market.requests())).toBe(requestsPerRefresh + each);
    expect(first).toBeLessThanOrEqual((MAX_AT_FIRST[id] ?? requestsPerRefresh + MAX_LISTS) + each);
  });
});

/** The maximum number of requests that a first refresh may add for lists and interval sources. */
const MAX_LISTS = 3;

/** The maximum for a first refresh including its lists, if the exchange's documentation states it. */
const MAX_AT_FIRST: Readonly<Partial<Record<ExchangeId, number>>> = {
  binance: 4,
  bybit: 2,
  okx: 6,
  bitget: 6,
  // The documentation has three; the volumes of the USD1 contracts are a fourth.
  gate: 4,
  kucoin: 1,
  hyperliquid: 14,
  kraken: 2,
};

function totalOf(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
