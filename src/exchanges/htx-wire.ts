import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { ExchangeHttp, Load, Reply } from "./exchange.ts";
import { decodeRows, joinedRows, type Rows } from "./wire-rows.ts";
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

/** HTX's calls, and the row fields that are kept, as received. */

/** The requested contract type. */
export const SWAP = "swap";

const contract_code = nonEmpty;

/** One row of either rate call; only the new one sends bounds. */
const rateRow = z.object({
  contract_code,
  funding_rate: numeric,
  funding_time: numeric,
  min_funding_rate: numeric,
  max_funding_rate: numeric,
});
export type RateRow = z.infer<typeof rateRow>;

/** One row of swap_contract_info. */
const instrumentRow = z.object({
  contract_code,
  contract_status: numeric,
  business_type: word,
  contract_type: word,
  trade_partition: word,
  settlement_period: numeric,
  labels: anyValue,
  tradfi_labels: anyValue,
});
export type InstrumentRow = z.infer<typeof instrumentRow>;

const indexRow = z.object({ contract_code, index_price: numeric, index_ts: numeric });
export type IndexRow = z.infer<typeof indexRow>;
const interestRow = z.object({
  contract_code,
  volume: numeric,
  value: numeric,
  trade_turnover: numeric,
});
export type InterestRow = z.infer<typeof interestRow>;

interface TimedRows<T> extends Rows<T> {
  readonly timeMs: number | null;
}

const BATCH_CALL = "/linear-swap-api/v1/swap_batch_funding_rate";
const SUCCESSOR_CALL = "/v5/market/funding_rate?contract_code=";
/** Measured: 20 codes are refused. */
const CODES_PER_REQUEST = 10;
/** Statuses with which a call that was removed may answer. */
const GONE: ReadonlySet<number | null> = new Set([404, 410]);

const RATE_LIMIT_CODE = 1032;
const SUCCESS_CODE = 200;
/** Documented for the reference calls: the window is 3 s. */
const RATE_LIMIT_WAIT_MS = 3000;

const envelope = z.object({
  status: word,
  code: numeric,
  err_code: numeric,
  ts: numeric,
  data: anyValue,
});

/** The envelope of either generation, or null for one that reports an error. Throws rate_limited. */
function soundOf(body: unknown): z.infer<typeof envelope> | null {
  const reply = decodeEnvelope(envelope, body);
  if (failureOf(reply) === RATE_LIMIT_CODE) {
    const retryAfterMs = RATE_LIMIT_WAIT_MS;
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`, { retryAfterMs });
  }
  const code = numberOf(reply.code);
  if (!reply.status && code === null) throw badEnvelope("the reply has neither status nor code");
  return (reply.status ? reply.status === "ok" : code === SUCCESS_CODE) ? reply : null;
}

function failureOf({ err_code, code }: z.infer<typeof envelope>): number | null {
  return numberOf(err_code) ?? numberOf(code);
}

/**
 * Rows of an envelope of either generation. Throws RequestFailure: rate_limited for the exchange's own code, else
 * bad_envelope. Failures come with HTTP 200 as well.
 */
function rowsOf<S extends z.ZodType>(row: S, body: unknown): TimedRows<z.infer<S>> {
  const { data, ts } = successOf(body);
  return { ...decodeRows(row, data, "contract_code"), timeMs: epochMsOf(ts) };
}

/** The envelope of a success, of either generation. Throws as `rowsOf` does. */
export function successOf(body: unknown): z.infer<typeof envelope> {
  const reply = soundOf(body);
  if (reply !== null) return reply;
  const code = failureOf(decodeEnvelope(envelope, body)) ?? "unreadable";
  throw badEnvelope(`the reply is an error, code ${code}`);
}

const load =
  <S extends z.ZodType>(call: string, row: S): Load<Rows<z.infer<S>>> =>
  (http) =>
    http.get(`/linear-swap-api/v1/${call}`, (body) => rowsOf(row, body));

export const loadIndex = load("swap_index", indexRow);
export const loadOpenInterest = load("swap_open_interest", interestRow);
export const loadInstruments = load(`swap_contract_info?business_type=${SWAP}`, instrumentRow);

/** Which call the rates came from. */
export type RateCall = "batch" | "successor";

/** The rates, and which call they came from. */
export interface Rates extends TimedRows<RateRow> {
  readonly call: RateCall;
}

export interface Raw {
  readonly rates: Reply<Rates>;
  readonly index: Reply<Rows<IndexRow>> | null;
  readonly openInterest: Reply<Rows<InterestRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

/** Whether the call for all rates works. */
export const loadRateCall: Load<RateCall> = async (http) =>
  (await loadBatch(http)) === null ? "successor" : "batch";

/**
 * The rates of all contracts in one reply; if that call is closed, or `call` says so, the rates of `liveCodes` from the
 * new call.
 */
export async function loadRates(
  http: ExchangeHttp,
  call: RateCall,
  liveCodes: () => Promise<readonly string[]>,
): Promise<Rates> {
  const batch = call === "batch" ? await loadBatch(http) : null;
  if (batch !== null) return { ...batch, call: "batch" };
  return { ...(await loadFromSuccessor(http, await liveCodes())), call: "successor" };
}

/**
 * Null if the call is closed: HTX reports that with HTTP 200 and any error except too many requests, or with 404 or
 * 410.
 */
async function loadBatch(http: ExchangeHttp): Promise<TimedRows<RateRow> | null> {
  try {
    return await http.get(BATCH_CALL, (body) => (soundOf(body) ? rowsOf(rateRow, body) : null));
  } catch (error) {
    if (error instanceof RequestFailure && GONE.has(error.status)) return null;
    throw error;
  }
}

async function loadFromSuccessor(
  http: ExchangeHttp,
  codes: readonly string[],
): Promise<TimedRows<RateRow>> {
  const parts: Promise<TimedRows<RateRow>>[] = [];
  for (let from = 0; from < codes.length; from += CODES_PER_REQUEST)
    parts.push(loadSome(http, codes.slice(from, from + CODES_PER_REQUEST)));
  if (parts.length === 0) throw badEnvelope("no live contract to ask for");
  const replies = await Promise.all(parts);
  const timeMs = replies[0]?.timeMs ?? null;
  return { ...joinedRows(replies, (row) => row.contract_code), timeMs };
}

function loadSome(http: ExchangeHttp, codes: readonly string[]): Promise<TimedRows<RateRow>> {
  const requested = new Set(codes);
  return http.get(`${SUCCESSOR_CALL}${codes.map(encodeURIComponent).join(",")}`, (body) => {
    const reply = rowsOf(rateRow, body);
    if (reply.rows.some((row) => !requested.has(row.contract_code)))
      throw badEnvelope("the answer holds another contract than those asked for");
    return reply;
  });
}
