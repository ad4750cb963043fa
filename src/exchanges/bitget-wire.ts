import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numeric,
  word,
} from "./wire.ts";

/** Bitget's envelope, and the row fields that are kept, as received. */

const SUCCESS = "00000";
const RATE_LIMIT_CODE = "429";

const symbol = nonEmpty;
export type Settle = "USDT" | "USDC";
/** The API's name of a family. */
export const categoryOf = (settle: Settle) => `${settle}-FUTURES` as const;
/** A row with another family belongs to another request's reply. Rates do not name it so far. */
const inFamily = (settle: Settle) => z.literal(categoryOf(settle)).nullish();

const rowsOf = (settle: Settle) => ({
  rates: z.object({
    symbol,
    category: inFamily(settle),
    fundingRate: numeric,
    fundingRateInterval: numeric,
    nextUpdate: numeric,
    minFundingRate: numeric,
    maxFundingRate: numeric,
  }),
  tickers: z.object({
    symbol,
    category: inFamily(settle),
    markPrice: numeric,
    indexPrice: numeric,
    openInterest: numeric,
    turnover24h: numeric,
  }),
  instruments: z.object({
    symbol,
    category: inFamily(settle),
    type: word,
    status: word,
    baseCoin: word,
    quoteCoin: word,
    deliveryTime: anyValue,
    isRwa: word,
    symbolType: word,
    launchTime: numeric,
    fundInterval: numeric,
    takerFeeRate: numeric,
  }),
});
type FamilyRows = ReturnType<typeof rowsOf>;
export const ROWS: Readonly<Record<Settle, FamilyRows>> = {
  USDT: rowsOf("USDT"),
  USDC: rowsOf("USDC"),
};
export type RateRow = z.infer<FamilyRows["rates"]>;
export type TickerRow = z.infer<FamilyRows["tickers"]>;
export type InstrumentRow = z.infer<FamilyRows["instruments"]>;

export interface Timed<T> extends Rows<T> {
  readonly timeMs: number | null;
}

/** The payloads of one family (identified by its settlement coin). */
export interface Family {
  readonly settle: Settle;
  readonly rates: Reply<Timed<RateRow>>;
  readonly tickers: Reply<Timed<TickerRow>> | null;
  readonly instruments: Reply<Timed<InstrumentRow>>;
}

export interface Raw {
  readonly families: readonly Family[];
}

const envelope = z.object({
  code: z.string(),
  msg: word,
  requestTime: numeric,
  data: z.unknown(),
});

export const load =
  <S extends z.ZodType>(path: string, row: S): Load<Timed<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => {
      const { data, requestTime } = successOf(body);
      return { ...decodeRows(row, data, "symbol"), timeMs: epochMsOf(requestTime) };
    });

/** The envelope of a success. Throws RequestFailure for any other. */
export function successOf(body: unknown): z.infer<typeof envelope> {
  const reply = decodeEnvelope(envelope, body);
  if (reply.code !== SUCCESS) throw failureOf(reply.code, reply.msg ?? "");
  return reply;
}

/** Failures may come with HTTP 200, another `code` and null data. */
function failureOf(code: string, msg: string): RequestFailure {
  const message = `code ${code}: ${msg}`.slice(0, 200);
  return code === RATE_LIMIT_CODE
    ? new RequestFailure("rate_limited", message)
    : badEnvelope(message);
}
