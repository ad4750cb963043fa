import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** A list with fewer rows is none of instruments. */
const LEAST_ROWS = 5;

/** The most lists with a twin that cost a row each: rates and instruments of two families. */
const MOST_LISTS = 4;

/** A figure with a fraction, as a number or a text: no id, time or name is one. */
const FRACTION = /^-?\d+\.\d*[1-9]\d*$/;

type Place = "first" | "last";

/** Every list of a reply with a second row of one of its members, whose figures are twice as large. */
function withTwins(value: unknown, place: Place): unknown {
  if (Array.isArray(value)) {
    const rows = value.map((item) => withTwins(item, place));
    const member: unknown = rows[rows.length >> 1];
    if (rows.length < LEAST_ROWS || typeof member !== "object" || member === null) return rows;
    const twin = doubled(member);
    return place === "first" ? [twin, ...rows] : [...rows, twin];
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withTwins(item, place)]),
  );
}

function doubled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(doubled);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, doubled(item)]));
  if (typeof value === "number") return FRACTION.test(String(value)) ? value * 2 : value;
  return typeof value === "string" && FRACTION.test(value) ? String(Number(value) * 2) : value;
}

async function quotesOf(id: ExchangeId, place: Place | null): Promise<readonly Quote[]> {
  const change = {
    request: (text: string) => text,
    reply: (text: string) =>
      place === null ? text : JSON.stringify(withTwins(JSON.parse(text), place)),
  };
  const source = simulatorSource(demoMarket({ scale: 0.1 }), id, change);
  return (await EXCHANGES[id].refresh(source)).quotes;
}

/** Fields of a quote that are neither as they were nor unknown. */
function changedFields(quote: Quote, right: Quote | undefined): readonly string[] {
  if (right === undefined) return ["exchangeSymbol"];
  const before = new Map<string, unknown>(Object.entries(right));
  return Object.entries(quote)
    .filter(([field, value]) => value !== null && !Object.is(value, before.get(field)))
    .map(([field]) => field);
}

describe.each(EXCHANGE_IDS)("%s, with a member of every list twice and other figures", (id) => {
  test.each(["first", "last"] as const)("%s: no figure is wrong", async (place) => {
    const right = new Map((await quotesOf(id, null)).map((quote) => [quote.exchangeSymbol, quote]));
    const quotes = await quotesOf(id, place);
    const wrong = quotes.flatMap((quote) => {
      const fields = changedFields(quote, right.get(quote.exchangeSymbol));
      return fields.length === 0 ? [] : [`${quote.exchangeSymbol}: ${fields.join(" ")}`];
    });
    expect(wrong).toEqual([]);
    expect(new Set(quotes.map((quote) => quote.exchangeSymbol)).size).toBe(quotes.length);
    expect(quotes.length).toBeGreaterThanOrEqual(right.size - MOST_LISTS);
  });
});
