import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { anyValue, badEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** Gate's calls, and the row fields that are kept, as received. */

export const RATE_LIMIT_LABEL = "TOO_MANY_REQUESTS";

const contractRow = z.object({
  name: nonEmpty,
  type: anyValue,
  status: anyValue,
  in_delisting: anyValue,
  is_pre_market: anyValue,
  contract_type: word,
  funding_rate: numeric,
  funding_rate_limit: numeric,
  funding_interval: numeric,
  funding_next_apply: numeric,
  // Per day.
  interest_rate: numeric,
  mark_price: numeric,
  index_price: numeric,
  position_size: numeric,
  quanto_multiplier: numeric,
});
export type ContractRow = z.infer<typeof contractRow>;

const tickerRow = z.object({ contract: nonEmpty, volume_24h_quote: numeric });
export type TickerRow = z.infer<typeof tickerRow>;

export type Settle = "USDT" | "USD1";

export interface Raw {
  readonly contracts: Reply<Rows<ContractRow>>;
  readonly usd1: Reply<Rows<ContractRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly usd1Tickers: Reply<Rows<TickerRow>> | null;
}

// `limit` must never be sent: without it all contracts are returned, with it at most 100.
export const loadContracts =
  (settle: string): Load<Rows<ContractRow>> =>
  (http) =>
    http.get(`/api/v4/futures/${settle}/contracts`, (body) =>
      decodeRows(contractRow, listOf(body), "name"),
    );

export const loadTickers =
  (settle: string): Load<Rows<TickerRow>> =>
  (http) =>
    http.get(`/api/v4/futures/${settle}/tickers`, (body) =>
      decodeRows(tickerRow, listOf(body), "contract"),
    );

const errorBody = z.object({ label: z.string() });

/** A success is a bare list; an object with a label is Gate's error. */
export function listOf(body: unknown): unknown {
  const error = errorBody.safeParse(body);
  if (!error.success) return body;
  if (error.data.label === RATE_LIMIT_LABEL) {
    throw new RequestFailure("rate_limited", RATE_LIMIT_LABEL);
  }
  throw badEnvelope(`error ${error.data.label}`);
}
