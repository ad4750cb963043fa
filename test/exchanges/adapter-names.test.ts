import { beforeAll, expect, test } from "bun:test";
import { commonName, NAMES } from "../../src/domain/asset-names.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { createAssets } from "../../src/simulator/assets.ts";
import { ENCODERS } from "../../src/simulator/encoders.ts";
import { listingsOf } from "../../src/simulator/wire.ts";
import { describeRecorded } from "../support/recorded.ts";
import { readMarket } from "../support/recorded-market.ts";
import { FRIDAY, SUNDAY } from "../support/recorded-replies.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** A name that an adapter makes of the simulator's replies, and the ticker of what is listed under it. */
interface Made {
  readonly exchange: ExchangeId;
  readonly name: string;
  readonly ticker: string;
}

/** Enough for every asset that has a name of its own. */
const SCALE = 0.5;
const COINS = 1_000;
const STOCKS = 300;

async function namesMade(): Promise<readonly Made[]> {
  const market = demoMarket({ scale: SCALE });
  const assets = createAssets(1, COINS, STOCKS);
  const made = await Promise.all(
    Object.values(EXCHANGES).map(async ({ facts: { id }, refresh }) => {
      const listings = listingsOf(ENCODERS[id], assets, 1, SCALE);
      const tickers = new Map(listings.map(({ symbol, asset }) => [symbol, asset.ticker]));
      const { quotes } = await refresh(simulatorSource(market, id));
      return quotes.map(({ exchangeSymbol, base }) => {
        const ticker = tickers.get(exchangeSymbol);
        if (ticker === undefined) throw new Error(`${id} lists no ${exchangeSymbol}`);
        return { exchange: id, name: base, ticker: ticker.toUpperCase() };
      });
    }),
  );
  return made.flat();
}

let made: readonly Made[] = [];
beforeAll(async () => {
  made = await namesMade();
});

/** Names that stand apart from what they are listed for, and why: prices find out, or cannot. */
const APART: Readonly<Record<string, string>> = {
  "bitfinex LUNA": "another coin under that ticker, which its price tells",
  "btse QNT": "a share under a coin's ticker, which its price tells",
  "btse GAS": "a coin's ticker, which its price tells",
  "paradex MSATS": "no page documents the prefix, so that it is not taken off",
  "weex WOTAMALAILE": "no page has seen that spelling",
};

test("whatever adapters make of the name of a thing, the table compares it with the others of it", () => {
  const apart = made.filter(({ name, ticker }) => commonName(name) !== commonName(ticker));
  const lines = apart.map(({ exchange, name }) => `${exchange} ${name}`);
  expect([...new Set(lines)].toSorted()).toEqual(Object.keys(APART).toSorted());
});

test("no name is in two entries of the table, and none has the ending of a share", () => {
  const names = NAMES.flatMap(({ name, others }) => [name, ...others]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => /.STOCK$/.test(name))).toEqual([]);
});

/**
 * Names of the table that no adapter makes of what was recorded or is simulated: pages have them, or no exchange lists
 * them any more. One that an adapter comes to make leaves this list.
 */
const UNSEEN = (
  "A AUDUSD BRENTOIL BZ COPPER DJ30 DJI DODO DODOX EDGE EDGEX FILECOIN GBPUSD GRAM " +
  "HOOD2 HSI HSI50 LUNA2 MATIC MON MONAD NDX NDX100 NIKKEI NIKKEI225 NVIDIA ONSEMI PALLADIUM " +
  "PI PI2 PLATINUM PUMP2 PUMPFUN RNDR S&P500 SPACEX SPX500M TESLA TRUMPOFFICIAL TRUMPSOL UKOIL US100 " +
  "US500 USD2JPY USDJPY USTEC WTIOIL XAGUSD XAUUSD XBR XNG"
).split(" ");

describeRecorded("names in recorded replies", (read) => {
  test("and simulated ones are all of the table but those that only pages tell", async () => {
    const recorded = await Promise.all([SUNDAY, FRIDAY].map((day) => readMarket(read, day)));
    const seen = new Set([
      ...made.map(({ name }) => name),
      ...recorded.flatMap(({ quotes }) => quotes.map(({ quote }) => quote.base)),
    ]);
    const unseen = NAMES.flatMap(({ name, others }) => [name, ...others]).filter(
      (name) => !seen.has(name),
    );
    expect(unseen.toSorted()).toEqual(UNSEEN.toSorted());
  });
});
