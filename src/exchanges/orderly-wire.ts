import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Load } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numberOf,
  numeric,
  word,
} from "./wire.ts";

/** The parts of Orderly's replies that are read. */

const RATE_LIMIT_CODE = -1003;

const symbol = nonEmpty;
export const rateRow = z.object({
  symbol,
  index_price: numeric,
  mark_price: numeric,
  est_funding_rate: numeric,
  last_funding_rate: numeric,
  next_funding_time: numeric,
  open_interest: numeric,
  "24h_amount": numeric,
});
export type RateRow = z.infer<typeof rateRow>;

export const instrumentRow = z.object({
  symbol,
  status: anyValue,
  is_pretge: anyValue,
  funding_period: numeric,
  cap_funding: numeric,
  floor_funding: numeric,
  interest_rate: numeric,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

export const settlementRow = z.object({
  symbol,
  last_funding_rate: numeric,
  last_funding_rate_timestamp: numeric,
  next_funding_time: numeric,
});
export type SettlementRow = z.infer<typeof settlementRow>;

export interface Timed<T> extends Rows<T> {
  readonly timeMs: number | null;
}

const envelope = z.object({
  success: z.boolean(),
  timestamp: numeric,
  code: numeric,
  message: word,
  data: z
    .object({ rows: z.unknown(), meta: z.object({ total: numeric }).nullish().catch(null) })
    .nullish()
    .catch(null),
});

interface Data {
  readonly rows: unknown;
  /** The rows of all pages together, where the reply is a page. */
  readonly total: number | null;
  readonly timeMs: number | null;
}

/** The list of a success, whose time is the reply's. */
export function dataOf(body: unknown): Data {
  const { success, timestamp, code, data } = decodeEnvelope(envelope, body);
  if (success)
    return { rows: data?.rows, total: numberOf(data?.meta?.total), timeMs: epochMsOf(timestamp) };
  const message = `code ${code ?? "unknown"}`;
  if (numberOf(code) === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
  throw badEnvelope(message);
}

/** Requests one list in its envelope. */
export const load =
  <S extends z.ZodType>(path: string, row: S): Load<Timed<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => {
      const { rows, timeMs } = dataOf(body);
      return { ...decodeRows(row, rows, "symbol"), timeMs };
    });
