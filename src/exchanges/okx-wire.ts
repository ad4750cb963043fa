import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { anyValue, badEnvelope, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** OKX's envelope, and the row fields that are kept, as received. */

const RATE_LIMIT_CODE = "50011";
/** Maintenance and overload: reported by the service itself, in a valid envelope. */
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set(["50001", "50013"]);

const instId = nonEmpty;
export const rateRow = z.object({
  instId,
  instType: word,
  fundingRate: numeric,
  fundingTime: numeric,
  nextFundingTime: numeric,
  prevFundingTime: numeric,
  formulaType: word,
  interestRate: numeric,
  minFundingRate: numeric,
  maxFundingRate: numeric,
  settFundingRate: numeric,
  settState: word,
  ts: numeric,
});
export type RateRow = z.infer<typeof rateRow>;

export const instrumentRow = z.object({
  instId,
  instType: word,
  ctType: word,
  state: word,
  ruleType: word,
  settleCcy: word,
  uly: word,
  instFamily: word,
  instCategory: numeric,
  listTime: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

export const markRow = z.object({ instId, markPx: numeric });
export const oiRow = z.object({ instId, oiUsd: numeric, oiCcy: numeric });
export const tickerRow = z.object({ instId, last: numeric, volCcy24h: numeric });
export const indexRow = z.object({ instId, idxPx: numeric });

type RowsOf<S extends z.ZodType> = Rows<z.infer<S>>;

export interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly instruments: Reply<Rows<InstrumentRow>>;
  readonly marks: Reply<RowsOf<typeof markRow>> | null;
  readonly openInterests: Reply<RowsOf<typeof oiRow>> | null;
  readonly tickers: Reply<RowsOf<typeof tickerRow>> | null;
  readonly indexes: Reply<RowsOf<typeof indexRow>> | null;
}

// An error may come without data, so its code is checked.
const envelope = z.object({
  code: z.union([z.string(), z.number()]),
  msg: word,
  data: anyValue,
});

/** The data of a success. Failures come with HTTP 200 and another `code`, which is a string. */
export function dataOf(body: unknown): unknown {
  const { code: received, msg, data } = decodeEnvelope(envelope, body);
  const code = String(received);
  if (code === "0") return data;
  const message = `code ${code}: ${msg ?? ""}`.slice(0, 200);
  if (code === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
  if (UNAVAILABLE_CODES.has(code)) throw new RequestFailure("http", message);
  throw badEnvelope(message);
}

export const load =
  <S extends z.ZodType>(path: string, row: S): Load<RowsOf<S>> =>
  (http) =>
    http.get(path, (body) => decodeRows(row, dataOf(body), "instId"));
