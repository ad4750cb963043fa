import type { AssetTable } from "./assets.ts";
import type { FaultName } from "./fault-names.ts";
import type { ExchangeName, Listing, ListingState } from "./listing.ts";
import type { ExchangeTruth } from "./truth.ts";
import { createRoster, type Roster } from "./roster.ts";

/** One row of a payload, as it will be printed. */
export type WireRow = Record<string, unknown>;

/** What an encoder sees: one exchange's listings at one market step. */
export interface MarketView {
  readonly listings: readonly Listing[];
  /** Time of the market step, unix ms. */
  readonly nowMs: number;
  /** The rows' own timestamps: `nowMs`, or an older instant while timestamps are frozen. */
  readonly stampMs: number;
  /** When the past of the market begins, unix ms. */
  readonly pastFromMs: number;
  /** No page of a history has more rows, whatever the exchange's own maximum is. */
  readonly maxPastRows: number;
}

/** A request as the real host would receive it. */
export interface WireRequest {
  readonly method: string;
  /** Second host of the exchange: "ua" in /kucoin.ua/…, else null. */
  readonly host: string | null;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The parsed JSON body of a POST, else null. */
  readonly body: unknown;
}

/**
 * `rates` contains the funding rate, `list` says which instruments exist, `history` what was charged, `secondary` is the
 * rest. Faults that change rows only change `rates`, except empty_list, and half_list with specific paths.
 */
export type PayloadKind = "rates" | "list" | "secondary" | "history";

export interface WireList {
  readonly type: "list";
  readonly kind: PayloadKind;
  /** Identifies these bytes within one step: the same key, the same bytes. */
  readonly key: string;
  /** The index of its first row among all rates, for a request for one instrument: faults of rows go by index. */
  readonly firstIndex?: number;
  rows(view: MarketView): WireRow[];
  wrap(rows: readonly WireRow[], view: MarketView): unknown;
  /** The refusal instead of a list without rows: the requested instrument does not exist. */
  readonly whenEmpty?: WireError;
  /** Whether it exists, where its list may be empty; absent: it does if there are rows. */
  exists?(view: MarketView): boolean;
}

export interface WireError {
  readonly type: "error";
  readonly status: number;
  /** A string is sent as plain text, anything else as JSON. */
  readonly body: unknown;
}

export type WireReply = WireList | WireError;

/** The fields in which a garbled or missing number would do damage. */
export interface RateFields {
  readonly rate: string;
  /** Price fields of the rates payload; empty if it has none. */
  readonly prices: readonly string[];
  /** The symbol of a row of the rates payload. */
  symbolOf(row: WireRow): string;
}

/** One exchange: what it lists, how it responds, and what a correct reader must make of it. */
export interface ExchangeEncoder {
  readonly id: ExchangeName;
  readonly fields: RateFields;
  createListings(roster: Roster, assets: AssetTable, scale: number): void;
  route(request: WireRequest): WireReply;
  /** Refusals in the exchange's own format: too many requests, and a failure with HTTP 200. */
  readonly rateLimitBody: unknown;
  readonly errorBody: unknown;
  /** The instrument's state after a delisting. */
  readonly delistedState: ListingState;
  /** The rate limit of its history: whoever exceeds it gets `rateLimitBody` for a minute, whatever is requested. */
  readonly historyLimit?: { readonly requests: number; readonly perMs: number };
  /** What is charged at a slot, if it is not the running rate of that time. */
  readonly chargedRate?: (listing: Listing, slotMs: number, intervalHours: number) => number;
  /** Faults that this format cannot have, and why. */
  readonly exceptions?: Readonly<Partial<Record<FaultName, string>>>;
  truth(view: MarketView): ExchangeTruth;
  /** Requests whose bytes a bench wants prepared: path with query, or a JSON body. */
  readonly usual: readonly { readonly path: string; readonly body?: unknown }[];
}

/** Builds one exchange's listings. */
export function listingsOf(
  encoder: ExchangeEncoder,
  assets: AssetTable,
  seed: number,
  scale: number,
): readonly Listing[] {
  const roster = createRoster(encoder.id, seed);
  encoder.createListings(roster, assets, scale);
  return roster.listings;
}

export function wireError(status: number, body: unknown): WireError {
  return { type: "error", status, body };
}
