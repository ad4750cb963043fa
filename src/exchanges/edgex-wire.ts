import { z } from "zod";
import type { Decode, ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, joinedRows, type Rows } from "./wire-rows.ts";
import { anyValue, badEnvelope, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** edgeX's calls, and the row fields that are kept, as received. */

const SUCCESS = "SUCCESS";
/** Ids per request: a few hundred would make the URL too long. */
const IDS_PER_REQUEST = 200;

/** Ids are quoted numbers; unquoted ones mean the same. */
export const id = z.union([nonEmpty, z.number()]);
const idOrNone = id.nullish().catch(null);

const contractRow = z.object({
  contractId: id,
  contractName: word,
  baseCoinId: idOrNone,
  quoteCoinId: idOrNone,
  enableTrade: anyValue,
  enableDisplay: anyValue,
  isStock: anyValue,
  isFx: anyValue,
  fundingMaxRate: numeric,
  fundingMinRate: numeric,
  defaultTakerFeeRate: numeric,
});
export type ContractRow = z.infer<typeof contractRow>;

const coinRow = z.object({ coinId: id, coinName: nonEmpty });
type CoinRow = z.infer<typeof coinRow>;

export interface Metadata {
  readonly contracts: Rows<ContractRow>;
  readonly coins: Rows<CoinRow>;
  readonly collateralCoinId: string | number;
}

const rateRow = z.object({
  contractId: id,
  fundingTime: numeric,
  fundingTimestamp: numeric,
  oraclePrice: numeric,
  markPrice: numeric,
  indexPrice: numeric,
  fundingRate: numeric,
  forecastFundingRate: numeric,
  interestRate: numeric,
  fundingRateIntervalMin: numeric,
});
export type RateRow = z.infer<typeof rateRow>;

const tickerRow = z.object({ contractId: id, value: numeric, openInterest: numeric });
export type TickerRow = z.infer<typeof tickerRow>;

export interface Raw {
  readonly instruments: Reply<Metadata>;
  readonly rates: Reply<Rows<RateRow>>;
  /** By contract id; null if the exchange returned nothing. */
  readonly tickers: ReadonlyMap<string, Reply<TickerRow | null>>;
}

const envelope = z.object({ code: z.string(), data: anyValue });
const metadata = z.object({
  contractList: z.unknown(),
  coinList: z.unknown(),
  global: z.object({ collateralCoinId: id }),
});

/** The `data` of a success; failures may come with HTTP 200 and another `code`. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (code !== SUCCESS) throw badEnvelope(`code ${code}`);
  return data;
}

/** Contracts, coins and the collateral coin; fails if any of them is missing. */
export const loadInstruments: Load<Metadata> = (http) =>
  http.get("/api/v2/public/meta/getMetaData", (body) => {
    const { contractList, coinList, global } = decodeEnvelope(metadata, dataOf(body));
    return {
      contracts: decodeRows(contractRow, contractList, "contractId"),
      coins: decodeRows(coinRow, coinList, "coinId"),
      collateralCoinId: global.collateralCoinId,
    };
  });

const decodeRates: Decode<Rows<RateRow>> = (body) =>
  decodeRows(rateRow, dataOf(body), "contractId");

export const loadRates =
  (ids: readonly string[]): Load<Rows<RateRow>> =>
  async (http) => {
    // Without ids the reply is an empty list.
    if (ids.length === 0) throw badEnvelope("the metadata lists no live contract");
    const parts: Promise<Rows<RateRow>>[] = [];
    for (let from = 0; from < ids.length; from += IDS_PER_REQUEST) {
      const joined = ids
        .slice(from, from + IDS_PER_REQUEST)
        .map(encodeURIComponent)
        .join(",");
      const path = `/api/v2/public/funding/getLatestFundingRate?contractId=${joined}`;
      parts.push(http.get(path, decodeRates));
    }
    return joinedRows(await Promise.all(parts), (row) => String(row.contractId));
  };

/** Without an id, or with several, the reply is an empty list. */
export async function loadTicker(
  http: ExchangeHttp,
  contractId: string,
): Promise<TickerRow | null> {
  const path = `/api/v2/public/quote/getTicker?contractId=${encodeURIComponent(contractId)}`;
  return http.get(path, (body) => {
    const [row] = decodeEnvelope(z.array(tickerRow).max(1), dataOf(body));
    if (row !== undefined && String(row.contractId) !== contractId)
      throw badEnvelope("the answer is another contract's");
    return row ?? null;
  });
}
