import type { ExchangeId } from "./exchange.ts";
import type { Explanation } from "./quote.ts";

/** A row of a batch. */
export interface OriginRequest {
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  /** When the batch was stored, unix milliseconds, as in the state of its exchange. */
  readonly storedAtMs: number;
}

/** Why the payloads that a row was read from cannot be shown. */
export const ORIGIN_GAPS = [
  "not_in_memory",
  "being_replaced",
  "not_in_last_batch",
  "too_large",
  "busy",
  "unreadable",
] as const;

export type OriginGap = (typeof ORIGIN_GAPS)[number];

/** The origin of a row, or why it is currently unknown. */
export type Origin = Explanation | OriginGap;
