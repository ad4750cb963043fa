import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHttp } from "./exchange.ts";
import type { ExchangeHistory } from "./history.ts";
import { resultsOf } from "./paradex-wire.ts";
import { accrualOf, decimalDifference, decimalTextOf, historyRows } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/v1/funding/data";
/** Samples are 5 s apart: those before one full hour are far fewer. */
const PAGE_SIZE = 100;
/** Nothing accrues over a longer gap between ticks: an older sample is not the index of that hour. */
const MAX_AGE_MS = 30_000;
/** One request each, and one for the hour before the first. */
const HOURS_AT_ONCE = 24;

const row = z.object({ market: nonEmpty, funding_index: numeric, created_at: numeric });

/** One after the other they take longer than their pace; more would keep others from the few slots there are. */
const AT_ONCE = 2;

interface Sample {
  readonly atMs: number;
  /** In quote currency per priced unit since the market began, in decimal text. */
  readonly index: string;
}

/**
 * What Paradex's perpetuals accrued in each hour: the difference between the funding index at its end and at its start.
 * The rows are samples of the running rate, 5 s apart; their rates are not payments and are not read. Of those samples
 * only the last one before each full hour is requested, so the hours of a range add up to the difference of its ends.
 *
 * Sample row, with made-up numbers:
 * { market: "BTC-USD-PERP", funding_index: "20713.04188501243119", funding_premium: "2.39041142",
 *   funding_rate: "0.00002859495351", funding_rate_8h: "", funding_period_hours: 8, created_at: 1793620797312 }
 */
export const history: ExchangeHistory = {
  kind: "accruals",
  paging: { by: "time", sends: "newest" },
  maxRows: PAGE_SIZE,
  order: "unknown",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: HOURS_AT_ONCE * HOUR_MS,
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 1500 requests a minute for all public calls together.
  pacing: { requests: 3, perMs: 1000 },
  caveats: [
    "That samples are 5 seconds apart was observed by others; it is not documented.",
    "The order of samples is not documented; the last one before a full hour is found in any order.",
  ],
  load: async (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const ends = hourEnds(fromMs, toMs);
    const [first] = ends;
    if (first === undefined) return { rows: [] };
    const hours = [first - HOUR_MS, ...ends];
    const indexes: (string | null)[] = [];
    for (let next = 0; next < hours.length; next += AT_ONCE) {
      const some = hours.slice(next, next + AT_ONCE);
      const found = await Promise.all(some.map((hourMs) => indexAt(http, exchangeSymbol, hourMs)));
      indexes.push(...found);
    }
    const rows = ends.map((endMs, place) =>
      accrualOf(
        endMs,
        decimalDifference(indexes[place + 1] ?? null, indexes[place] ?? null),
        "quote_per_unit",
      ),
    );
    const isEmpty = indexes.every((index) => index === null);
    const isLast = isEmpty && !(await hasOlder(http, exchangeSymbol, first));
    return { rows: rows.filter((each) => each !== null), isLast };
  },
};

/** The full hours with fromMs <= hour < toMs, oldest first; of more than HOURS_AT_ONCE the newest. */
function hourEnds(fromMs: number, toMs: number): number[] {
  const endMs = Math.ceil(toMs / HOUR_MS) * HOUR_MS;
  const startMs = Math.max(Math.ceil(fromMs / HOUR_MS) * HOUR_MS, endMs - HOURS_AT_ONCE * HOUR_MS);
  const count = Math.max(0, (endMs - startMs) / HOUR_MS);
  return Array.from({ length: count }, (_none, hour) => startMs + hour * HOUR_MS);
}

/** The index at a full hour: that of the last sample until then, null if there is none of that moment. */
async function indexAt(http: ExchangeHttp, market: string, hourMs: number): Promise<string | null> {
  const samples = await samplesOf(http, market, [
    `start_at=${hourMs - MAX_AGE_MS}`,
    `end_at=${hourMs}`,
    `page_size=${PAGE_SIZE}`,
  ]);
  const inTime = samples.filter(({ atMs }) => atMs <= hourMs && atMs >= hourMs - MAX_AGE_MS);
  return inTime.toSorted((one, other) => other.atMs - one.atMs)[0]?.index ?? null;
}

/** Whether there is any sample until `untilMs`: a market without one has not begun. */
async function hasOlder(http: ExchangeHttp, market: string, untilMs: number): Promise<boolean> {
  const samples = await samplesOf(http, market, [`end_at=${untilMs}`, "page_size=1"]);
  return samples.length > 0;
}

function samplesOf(
  http: ExchangeHttp,
  market: string,
  query: readonly string[],
): Promise<readonly Sample[]> {
  const path = `${PATH}?market=${encodeURIComponent(market)}&${query.join("&")}`;
  return http.get(path, (body) =>
    historyRows(row, resultsOf(body), (each) => {
      const atMs = epochMsOf(each.created_at);
      const index = decimalTextOf(each.funding_index);
      return each.market === market && atMs !== null && index !== null ? { atMs, index } : null;
    }),
  );
}
