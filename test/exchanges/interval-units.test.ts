import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** The keys that hold an interval in the replies of exchanges which state it row by row. */
const INTERVAL_KEYS: readonly (readonly [ExchangeId, readonly string[]])[] = [
  ["binance", ["fundingIntervalHours"]],
  ["bitget", ["fundingRateInterval", "fundInterval"]],
  ["gate", ["funding_interval"]],
  ["kucoin", ["currentFundingRateGranularity", "fundingRateGranularity"]],
  ["mexc", ["collectCycle"]],
  ["lbank", ["positionFeeTime"]],
];

/** Just before all contracts settle: the next time contradicts no interval, however short. */
const BEFORE_MIDNIGHT_MS = Date.UTC(2026, 9, 5, 23, 58, 30);

/** From one unit of time to another: minutes, seconds and milliseconds for hours, and the other way. */
const FACTORS = [60, 3_600, 3_600_000, 1_000, 1 / 60, 1 / 3_600, 1 / 3_600_000, 1 / 1_000];

/** A reply with every value of these keys multiplied; numbers stay numbers and texts stay texts. */
function scaled(text: string, keys: readonly string[], factor: number): string {
  const pattern = new RegExp(`("(?:${keys.join("|")})":"?)(\\d+)`, "g");
  return text.replaceAll(
    pattern,
    (_, key: string, digits: string) => key + Number(digits) * factor,
  );
}

const intervalsOf = ({ quotes }: Batch): ReadonlyMap<string, number | null> =>
  new Map(quotes.map((quote) => [quote.exchangeSymbol, quote.fundingIntervalHours]));

describe.each(INTERVAL_KEYS)("%s, with intervals in another unit", (id, keys) => {
  test.each(FACTORS)(
    "times %p: no contract has a wrong one, and all have their rate",
    async (factor) => {
      const market = demoMarket({ scale: 0.1, atMs: BEFORE_MIDNIGHT_MS });
      const right = intervalsOf(await EXCHANGES[id].refresh(simulatorSource(market, id)));
      const change = {
        request: (text: string) => text,
        reply: (text: string) => scaled(text, keys, factor),
      };
      const batch = await EXCHANGES[id].refresh(simulatorSource(market, id, change));
      const served = intervalsOf(batch);
      const wrong = [...served].filter(([, hours]) => hours !== null);
      // Binance documents 8 h for a contract that its list leaves out: those stay right.
      expect(wrong.filter(([symbol, hours]) => hours !== right.get(symbol))).toEqual([]);
      expect(served.size).toBe(right.size);
      const published = batch.quotes.filter((quote) => quote.intervalSource === "published");
      expect(published).toEqual([]);
    },
  );
});
