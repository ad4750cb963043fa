import { describe, expect, test } from "bun:test";
import type { Quote, Reject } from "../../src/domain/quote.ts";
import {
  joinAnswers,
  joinRates,
  type Listed,
  NOT_PUBLISHED,
  onlyReply,
  originOf,
  readListings,
} from "../../src/exchanges/wire-join.ts";
import { RowReject } from "../../src/exchanges/wire.ts";

interface Contract {
  readonly name: string;
  readonly state: "live" | "dead" | "odd";
}
interface Rate {
  readonly name: string;
  readonly rate: number | null;
}

const nameOf = (row: { readonly name: string }): string => row.name;
const live = (name: string): Contract => ({ name, state: "live" });
const rate = (name: string, value: number | null = 0.0001): Rate => ({ name, rate: value });
const reject = (exchangeSymbol: string): Reject => ({
  exchangeSymbol,
  reason: "bad_row",
  detail: "decoding",
});

function listingOf({ name, state }: Contract): Listed | null {
  if (state === "odd") throw new RowReject("unknown_kind", "state");
  if (state === "dead") return null;
  return { exchangeSymbol: name, base: name, quote: "USDT", settle: "USDT", multiplier: 1 };
}

function quoteOf(row: Rate, listing: Listed): Quote {
  if (row.rate === null) throw new RowReject("bad_rate", "rate");
  return {
    ...NOT_PUBLISHED,
    ...listing,
    accrual: "periodic",
    fundingRate: row.rate,
    fundingIntervalHours: 8,
    intervalSource: "published",
    nextFundingAtMs: null,
    receivedAtMs: 1,
  };
}

const joined = (contracts: readonly Contract[], rates: readonly Rate[]) =>
  joinRates({
    rates: { rows: rates, rejects: [reject("RATE")] },
    symbolOf: nameOf,
    listings: readListings({ rows: contracts, rejects: [reject("LIST")] }, nameOf, listingOf),
    quoteOf,
  });

const symbolsOf = (quotes: readonly Quote[]) => quotes.map((quote) => quote.exchangeSymbol);
const reasonsOf = (rejects: readonly Reject[]) =>
  rejects.map(({ exchangeSymbol, reason }) => `${exchangeSymbol} ${reason}`);

describe("rates and listings", () => {
  test("a listing without a rate is expected, a rate without a live listing is not shown", () => {
    const batch = joined(
      [live("A"), live("B"), { name: "DEAD", state: "dead" }],
      [rate("A"), rate("DEAD")],
    );
    expect(symbolsOf(batch.quotes)).toEqual(["A"]);
    expect(batch).toMatchObject({ expected: 2, unlisted: 0 });
  });

  test("a rate missing from the list is counted, unless it need not be listed", () => {
    expect(joined([live("A")], [rate("A"), rate("NEW"), rate("NEWER")]).unlisted).toBe(2);
    const some = joinRates({
      rates: { rows: [rate("A"), rate("NEW"), rate("NEWER")], rejects: [] },
      symbolOf: nameOf,
      listings: readListings({ rows: [live("A")], rejects: [] }, nameOf, listingOf),
      quoteOf,
      shouldBeListed: ({ name }) => name === "NEW",
    });
    expect(some.unlisted).toBe(1);
  });

  test("what is unreadable on either side is a reject, those of the rates first", () => {
    const odd: Contract = { name: "ODD", state: "odd" };
    const batch = joined([live("A"), odd], [rate("A", null), rate("ODD")]);
    expect(batch.quotes).toEqual([]);
    expect(batch).toMatchObject({ expected: 1, unlisted: 0 });
    expect(reasonsOf(batch.rejects)).toEqual([
      "RATE bad_row",
      "LIST bad_row",
      "ODD unknown_kind",
      "A bad_rate",
    ]);
  });

  test("differing duplicates are ambiguous, on either side; equal ones are merged", () => {
    const rates = joined([live("A"), live("B")], [rate("A"), rate("A", 0.5), rate("B"), rate("B")]);
    expect(symbolsOf(rates.quotes)).toEqual(["B"]);
    expect(reasonsOf(rates.rejects).slice(2)).toEqual(["A ambiguous", "A ambiguous"]);
    const lists = joined([live("A"), { name: "A", state: "dead" }], [rate("A")]);
    expect([lists.quotes, lists.expected, lists.unlisted]).toEqual([[], 0, 0]);
  });
});

test("if each listing is requested, one without an answer is expected and none is unlisted", () => {
  const listings = readListings({ rows: [live("A"), live("B")], rejects: [] }, nameOf, listingOf);
  const batch = joinAnswers(listings, (listing) =>
    listing.exchangeSymbol === "A" ? quoteOf(rate("A"), listing) : null,
  );
  expect(symbolsOf(batch.quotes)).toEqual(["A"]);
  expect(batch).toMatchObject({ rejects: [], expected: 2, unlisted: 0 });
});

test("a single reply does not say how many there should be", () => {
  const rows = { rows: [live("A"), live("B")], rejects: [reject("LIST")] };
  const batch = onlyReply(rows, nameOf, (contract) => {
    const listing = listingOf(contract);
    return listing && quoteOf(rate(contract.name, contract.name === "A" ? 0.1 : null), listing);
  });
  expect(symbolsOf(batch.quotes)).toEqual(["A"]);
  expect(reasonsOf(batch.rejects)).toEqual(["LIST bad_row", "B bad_rate"]);
  expect(batch).toMatchObject({ expected: null, unlisted: 0 });
});

test("a rate is explained by its rows; without one of them it was not shown, and null is not a missing row", () => {
  expect(originOf("{a.b}", { a: { b: 1 }, other: null })).toEqual({
    formula: "{a.b}",
    rows: { a: { b: 1 }, other: null },
  });
  expect(originOf("{a.b}", { a: { b: 1 }, list: undefined })).toBeNull();
});
