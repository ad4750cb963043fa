import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { ExchangeHttp } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { badEnvelope, decodeEnvelope, epochMsOf, numberOf, numeric, text } from "./wire.ts";

/** One row of either rate call; only the successor sends bounds. */
const rateRow = z.object({
  contract_code: z.string().min(1),
  funding_rate: numeric,
  funding_time: numeric,
  min_funding_rate: numeric,
  max_funding_rate: numeric,
});
export type RateRow = z.infer<typeof rateRow>;

export interface TimedRows<T> extends Rows<T> {
  readonly timeMs: number | null;
}

const BATCH_CALL = "/linear-swap-api/v1/swap_batch_funding_rate";
const SUCCESSOR_CALL = "/v5/market/funding_rate?contract_code=";
/** Measured: 20 codes are refused. */
const CODES_PER_REQUEST = 10;
/** What a call that was closed answers; anything else is a failure that may pass. */
const GONE: ReadonlySet<number | null> = new Set([404, 410]);

const RATE_LIMIT_CODE = 1032;
const SUCCESS_CODE = 200;
/** Documented for the reference calls: the window is 3 s. */
const RATE_LIMIT_WAIT_MS = 3000;

const envelope = z.object({
  status: text.catch(null),
  code: numeric,
  err_code: numeric,
  ts: numeric,
  data: z.unknown().optional(),
});

/**
 * Rows of an envelope of either generation. Throws RequestFailure: rate_limited for the exchange's own code, else
 * bad_envelope. Failures come with HTTP 200 as well.
 */
export function rowsOf<S extends z.ZodType>(row: S, body: unknown): TimedRows<z.infer<S>> {
  const { status, code, err_code, ts, data } = decodeEnvelope(envelope, body);
  const failure = numberOf(err_code) ?? numberOf(code);
  if (failure === RATE_LIMIT_CODE) {
    const retryAfterMs = RATE_LIMIT_WAIT_MS;
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`, { retryAfterMs });
  }
  const isSuccess = status ? status === "ok" : numberOf(code) === SUCCESS_CODE;
  if (!isSuccess) throw badEnvelope(`the reply is an error, code ${failure ?? "unreadable"}`);
  return { ...decodeRows(row, data, "contract_code"), timeMs: epochMsOf(ts) };
}

/** The rates of all contracts in one reply; where that call is gone, those of `liveCodes` from its successor. */
export async function loadRates(
  http: ExchangeHttp,
  liveCodes: () => Promise<readonly string[]>,
): Promise<TimedRows<RateRow>> {
  const decode = (body: unknown): TimedRows<RateRow> => rowsOf(rateRow, body);
  try {
    return await http.get(BATCH_CALL, decode);
  } catch (error) {
    if (!(error instanceof RequestFailure) || !GONE.has(error.status)) throw error;
  }
  const codes = await liveCodes();
  const parts: Promise<TimedRows<RateRow>>[] = [];
  for (let from = 0; from < codes.length; from += CODES_PER_REQUEST) {
    const some = codes.slice(from, from + CODES_PER_REQUEST).map(encodeURIComponent);
    parts.push(http.get(`${SUCCESSOR_CALL}${some.join(",")}`, decode));
  }
  if (parts.length === 0) throw badEnvelope("no live contract to ask for");
  const replies = await Promise.all(parts);
  return {
    rows: replies.flatMap((reply) => reply.rows),
    rejects: replies.flatMap((reply) => reply.rejects),
    timeMs: replies[0]?.timeMs ?? null,
  };
}
