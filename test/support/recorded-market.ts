import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "./memory-source.ts";
import type { ReadRecorded } from "./recorded.ts";

type Row = Readonly<Record<string, unknown>>;
type Reshape = (body: unknown, request: string) => unknown;

/** A request, the recorded files that answer it, and what an adapter needs that was not recorded. */
type Route = readonly [request: RegExp, files: string, reshape?: Reshape];

/** The recorded replies of one exchange at one time. */
export interface Recording {
  readonly exchange: ExchangeId;
  readonly at: string;
  readonly routes: readonly Route[];
}

export interface RecordedQuote {
  readonly exchange: ExchangeId;
  readonly quote: Quote;
}

/** What all adapters read from the replies of one day; `unread` gives the reason for each exchange without a quote. */
export interface RecordedMarket {
  readonly quotes: readonly RecordedQuote[];
  readonly unread: readonly string[];
}

const NOT_RECORDED = new RequestFailure("http", "not recorded");

export async function readMarket(
  read: ReadRecorded,
  recordings: readonly Recording[],
): Promise<RecordedMarket> {
  const quotes: RecordedQuote[] = [];
  const unread: string[] = [];
  for (const recording of recordings) {
    const { exchange } = recording;
    const found = await quotesOf(read, recording);
    if (typeof found === "string") unread.push(`${exchange}: ${found}`);
    else quotes.push(...found.map((quote) => ({ exchange, quote })));
  }
  return { quotes, unread };
}

async function quotesOf(
  read: ReadRecorded,
  { exchange, at, routes }: Recording,
): Promise<readonly Quote[] | string> {
  const bodies = await Promise.all(
    routes.map(([, files]) =>
      Promise.all(files.split(" ").map((file) => read(exchange, `live-2026-09/${file}.json`))),
    ),
  );
  const otherwise = (request: string): unknown => {
    const index = routes.findIndex(([pattern]) => pattern.test(request));
    const [first, ...others] = bodies[index] ?? [];
    if (first === undefined) return NOT_RECORDED;
    const body = others.length === 0 ? first : [first, ...others];
    return routes[index]?.[2]?.(body, request) ?? body;
  };
  const source = memorySource({}, { nowMs: Date.parse(at), otherwise });
  try {
    const { quotes } = await EXCHANGES[exchange].refresh(source);
    return quotes.length === 0 ? "no quote" : quotes;
  } catch (error) {
    return String(error);
  }
}

/** Adds what each row of the reply's list lacks. */
export const filled =
  (extra: Row): Reshape =>
  (body) => {
    if (Array.isArray(body)) return body.map((row) => ({ ...extra, ...Object(row) }));
    const entries = Object.entries(Object(body)).map(([key, value]) =>
      typeof value === "object" && value !== null ? [key, filled(extra)(value, "")] : [key, value],
    );
    return Object.fromEntries(entries);
  };

/** Of a reply about several contracts, the rows of the requested ones. */
export const ofContracts: Reshape = (body, request) => {
  const requestedIds =
    new URLSearchParams(request.split("?")[1]).get("contractId")?.split(",") ?? [];
  const { data, ...envelope } = Object(body);
  return {
    ...envelope,
    data: data.filter((row: Row) => requestedIds.includes(String(row["contractId"]))),
  };
};

/** A list of contracts, which was not recorded, from the contracts of an inventory. */
export const contractsOf: Reshape = (body) => ({
  status: "NORMAL",
  futureContracts: Object(body).markets.map((market: Row) => market["contract"]),
});

/** Replies with one row each, as one reply with all. */
export const together: Reshape = (bodies) => {
  const [first, ...others] = Array.isArray(bodies) ? bodies : [bodies];
  const data = [first, ...others].flatMap((body) => Object(body).data);
  return { ...Object(first), data };
};
