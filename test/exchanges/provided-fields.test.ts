import { expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { OPTIONAL_FIELDS, type OptionalField, type Quote } from "../../src/domain/quote.ts";
import type { ExchangeFacts, Source } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";
import { describeRecorded } from "../support/recorded.ts";
import { readMarket } from "../support/recorded-market.ts";
import { FRIDAY, SUNDAY } from "../support/recorded-replies.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

const AT_MS = NOON_MS + 17 * 60_000;

/** The part of an exchange that shows which fields it provides while one of its calls is gone. */
const SCALE = 0.3;

const listedBy = (id: ExchangeId): readonly OptionalField[] =>
  (EXCHANGES[id].facts as ExchangeFacts).providedFields;

const fieldsOf = (quotes: readonly Quote[]): readonly OptionalField[] =>
  OPTIONAL_FIELDS.filter((field) => quotes.some((quote) => (quote[field] ?? null) !== null));

/** Does without optional payloads, like the collector's source. */
function lenient(source: Source): Source {
  const without =
    <Nothing>(nothing: Nothing) =>
    (error: unknown): Nothing => {
      if (error instanceof RequestFailure) return nothing;
      throw error;
    };
  return {
    ...source,
    intervals: (name, everyMs, load) => source.intervals(name, everyMs, load).catch(without(null)),
    secondary: (name, load, everyMs) => source.secondary(name, load, everyMs).catch(without(null)),
    rotation: (name, keys, rotationMs, loadOne) =>
      source.rotation(name, keys, rotationMs, loadOne).catch(without(new Map())),
  };
}

/** The fields shown while one of an exchange's calls answers 404 (none: all are ok); empty if it is essential. */
async function shownWithout(id: ExchangeId, call: string | null) {
  const market = demoMarket({ atMs: AT_MS, scale: call === null ? 1 : SCALE });
  const isGone = (text: string): boolean => call !== null && text.startsWith(call);
  const source = simulatorSource(market, id, {
    request: (text) => (isGone(text) ? "/gone" : text),
    reply: (text) => text,
  });
  try {
    const { quotes } = await EXCHANGES[id].refresh(lenient(source));
    return { quotes, asks: source.asks };
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    return { quotes: [], asks: source.asks };
  }
}

/** The calls of a refresh, by body, else by path: a query only selects among the rows of a call. */
const callsOf = (asks: readonly { readonly requests: readonly string[] }[]): readonly string[] => [
  ...new Set(
    asks.flatMap(({ requests }) =>
      requests.map((request) => /\{.*/.exec(request)?.[0] ?? request.replace(/^\w+:|\?.*/g, "")),
    ),
  ),
];

/** More kinds of calls than any exchange has. Calls for single instruments may have different paths: a few suffice. */
const MAX_CALLS = 16;

test.each(EXCHANGE_IDS)(
  "%s: the fields of its rows are those declared, even if one call stands in for another",
  async (id) => {
    const { quotes, asks } = await shownWithout(id, null);
    const all = [...quotes];
    for (const call of callsOf(asks).slice(0, MAX_CALLS))
      all.push(...(await shownWithout(id, call)).quotes);
    expect(fieldsOf(all).toSorted()).toEqual(listedBy(id).toSorted());
  },
  LONG_MS,
);

describeRecorded("recorded replies", (read) => {
  test("have no field that is not declared", async () => {
    const markets = [await readMarket(read, SUNDAY), await readMarket(read, FRIDAY)];
    const recorded = markets.flatMap(({ quotes }) => quotes);
    const unlisted = EXCHANGE_IDS.flatMap((id) => {
      const quotes = recorded.filter(({ exchange }) => exchange === id).map(({ quote }) => quote);
      const listed = new Set<OptionalField>(listedBy(id));
      return fieldsOf(quotes)
        .filter((field) => !listed.has(field))
        .map((field) => `${id} ${field}`);
    });
    expect(recorded.length).toBeGreaterThan(0);
    expect(unlisted).toEqual([]);
  });
});
