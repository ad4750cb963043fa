import { expect, test } from "bun:test";
import fc from "fast-check";
import { commonName, isNumbered, nameOfAsset } from "../../src/domain/asset-names.ts";
import type { ExchangeListings } from "../../src/domain/market.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { findNames } from "../../src/services/finder/asset-lookup.ts";

/** Names with aliases, an asset with a number, a stock's ending, and symbols that several assets may have. */
const BASES = ["BTC", "GOLD", "XAU", "TON", "GRAM", "LIT", "AB", "ABC", "MUSTOCK", "SPX500"];
const ASSET_IDS = [...BASES, "LIT~2", "SP500", "MU", null];
const OTHERS =
  "XAUUSD US500 SP500 MU LIT~2 LIT~3 BTCUSDT PF_XBTUSD 1000GRAM KLIT ABCD ABUSDT ABCUSDT NEVER";
const NAMES = [...BASES, ...OTHERS.split(" ")];
const MAX_EXCHANGES = 3;

const listing = fc.record({
  base: fc.constantFrom(...BASES),
  quote: fc.constantFrom("USDT", "D", "CD"),
  exchangeSymbol: fc.constantFrom("PF_XBTUSD", "abcd", "BTCUSDT", "OTHER"),
  assetId: fc.constantFrom(...ASSET_IDS),
  multiplier: fc.constantFrom(1, 1_000),
  tickerMultiplier: fc.constantFrom(1, 1_000, 1_000_000),
});
const ofExchange: fc.Arbitrary<ExchangeListings> = fc.array(listing, { maxLength: 5 });

/** From some snapshot on one exchange has other listings, or none; the names that are looked up in it. */
const change = fc.record({
  place: fc.nat({ max: MAX_EXCHANGES - 1 }),
  listings: fc.option(ofExchange),
  names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 8 }),
});

/** All other spellings of a listing, in upper case. */
function spellings({
  base,
  quote,
  exchangeSymbol,
  ...units
}: ExchangeListings[number]): readonly string[] {
  const prefixes: Readonly<Record<number, readonly string[]>> = {
    1_000: ["K"],
    1_000_000: ["1M", "M"],
  };
  const all = [base + quote, exchangeSymbol.toUpperCase()];
  const accepted = units.multiplier ?? units.tickerMultiplier;
  if (accepted === 1 && units.tickerMultiplier === 1) return all;
  for (const unit of [accepted, units.tickerMultiplier]) {
    const letters = (prefixes[unit] ?? []).map((letter) => letter + base);
    for (const ticker of [`${unit}${base}`, `${base}${unit}`, ...letters])
      all.push(ticker, ticker + quote);
  }
  return all;
}

/** The bases that a name refers to, found by a plain search of all listings. */
function plainly(all: ExchangeListings, name: string): readonly string[] {
  const isAsset = (text: string) =>
    all.some(({ assetId }) => assetId !== null && nameOfAsset(assetId) === text);
  const isKnown = (text: string) => isAsset(text) || all.some(({ base }) => base === text);
  const common = commonName(name);
  const ticker = all.findLast(({ base }) => commonName(base) === common)?.base;
  if (!isKnown(name) && ticker === undefined && !isNumbered(name)) {
    const fitting = all.filter((one) => spellings(one).includes(name));
    return [...new Set(fitting.map(({ base }) => base))].toSorted();
  }
  if (isAsset(name)) return [];
  if (common !== name && isKnown(common)) return [common];
  return isKnown(name) || ticker === undefined ? [] : [ticker];
}

test("names resolve as in a search of all listings, whatever was cached from earlier snapshots", () => {
  let resolved = 0;
  let ambiguous = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 3, maxLength: 12 }), (changes) => {
      const held: (ExchangeListings | null)[] = [];
      for (const { place, listings: next, names } of changes) {
        held[place] = next;
        const listings = held.filter((one) => one !== null && one !== undefined);
        const found = atOnce(findNames({ listings }, names));
        // Copies, for which nothing can be cached.
        const copies = listings.map((one) => [...one]);
        expect(found).toEqual(atOnce(findNames({ listings: copies }, names)));
        const matches = names.map((name) => plainly(listings.flat(), name));
        const single = names.flatMap((name, at) =>
          matches[at]?.length === 1 ? [{ asked: name, base: matches[at][0] ?? "" }] : [],
        );
        expect(found.resolved).toEqual(single);
        const several = matches.filter((bases) => bases.length > 1).flat();
        expect(found.didYouMean).toEqual([...new Set(several)].toSorted());
        resolved += single.length;
        ambiguous += several.length;
      }
    }),
    { numRuns: 500 },
  );
  expect([resolved > 1_000, ambiguous > 100]).toEqual([true, true]);
});

test("while listings stay the same, a name is resolved again without visiting them", () => {
  let visits = 0;
  const one = {
    base: "BTC",
    quote: "USDT",
    exchangeSymbol: "PF_XBTUSD",
    assetId: "BTC",
    multiplier: 1,
    tickerMultiplier: 1,
  };
  const watched = new Proxy(one, {
    get: (target, name, receiver) => {
      visits += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  const listings = [[watched], [{ ...one, base: "ETH", assetId: "ETH" }]];
  const find = () => atOnce(findNames({ listings: [...listings] }, ["BTC", "PF_XBTUSD", "NEVER"]));
  const first = find();
  expect(visits).toBeGreaterThan(0);
  visits = 0;
  expect(find()).toEqual(first);
  expect(visits).toBe(0);
});
