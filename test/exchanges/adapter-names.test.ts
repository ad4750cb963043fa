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

/** A name that an adapter derives from the simulator's replies, and the ticker of the asset listed under it. */
interface Made {
  readonly exchange: ExchangeId;
  readonly name: string;
  readonly ticker: string;
}

/** Enough for every asset with a special name. */
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

/** Names that differ from what they are listed for, and why: prices resolve it, or cannot. */
const APART: Readonly<Record<string, string>> = {
  "bitfinex LUNA": "another coin with that ticker, as its price shows",
  "btse QNT": "a share with a coin's ticker, as its price shows",
  "btse GAS": "a coin's ticker, as its price shows",
  "paradex MSATS": "no page documents the prefix, so it is not removed",
  "weex WOTAMALAILE": "no page has that spelling",
};

test("whatever name adapters derive for an asset, the table groups it with its other names", () => {
  const apart = made.filter(({ name, ticker }) => commonName(name) !== commonName(ticker));
  const lines = apart.map(({ exchange, name }) => `${exchange} ${name}`);
  expect([...new Set(lines)].toSorted()).toEqual(Object.keys(APART).toSorted());
});

test("no name is in two entries of the table, and none has the suffix of a share", () => {
  const names = NAMES.flatMap(({ name, others }) => [name, ...others]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => /.STOCK$/.test(name))).toEqual([]);
});

/**
 * Names in the table that no adapter derives from recorded or simulated payloads: they are from documentation, or no
 * longer listed by any exchange. A name that an adapter starts to derive must be removed from this list.
 */
const UNSEEN = (
  "A AUDUSD BRENTOIL BZ COPPER DJ30 DJI DODO DODOX EDGE EDGEX FILECOIN GBPUSD GRAM " +
  "HOOD2 HSI HSI50 LUNA2 MATIC MON MONAD NDX NDX100 NIKKEI NIKKEI225 NVIDIA ONSEMI PALLADIUM " +
  "PI PI2 PLATINUM PUMP2 PUMPFUN RNDR S&P500 SPACEX SPX500M TESLA TRUMPOFFICIAL TRUMPSOL UKOIL US100 " +
  "US500 USD2JPY USDJPY USTEC WTIOIL XAGUSD XAUUSD XBR XNG"
).split(" ");

describeRecorded("names in recorded replies", (read) => {
  test("with simulated ones these are all names of the table, except those only in documentation", async () => {
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
