import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, pricesAt } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { pastRates } from "./htx-history.ts";
import { createListings } from "./htx-listings.ts";

const V1 = "/linear-swap-api/v1/";
/** When the index of the delisted contracts stopped. */
const INDEX_STOPPED_AT_MS = Date.UTC(2025, 4, 12, 6, 0, 0);
const RATE_DECIMALS = 18;
/** The newer call accepts no more codes per request. */
const V5_CODES = 10;

const isGone = (listing: Listing): boolean => listing.state === "gone";
const isDated = (listing: Listing): boolean => listing.product === "dated";

/** Zero is written with an exponent there, and nothing else is. */
function rateText(rate: number): string {
  return rate === 0 ? "0E-18" : fixed(rate, RATE_DECIMALS);
}

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const dated = isDated(listing);
  return {
    estimated_rate: null,
    funding_rate: dated ? null : rateText(live.rate),
    contract_code: listing.symbol,
    symbol: listing.wireBase,
    fee_asset: "USDT",
    funding_time: dated ? null : String(live.nextAtMs),
    next_funding_time: null,
    trade_partition: "USDT",
  };
}

function indexRow(listing: Listing, view: MarketView): WireRow {
  const atMs = isGone(listing) ? INDEX_STOPPED_AT_MS : view.nowMs;
  return {
    index_price: rounded(pricesAt(listing, atMs).index, listing.priceDecimals),
    index_ts: isGone(listing) ? INDEX_STOPPED_AT_MS : view.stampMs,
    contract_code: listing.symbol,
  };
}

/** Traded volume counts both sides, open interest one. */
function interestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const contracts = Math.round(live.openInterest / listing.contractSize);
  const traded = 2 * Math.round(live.volume / listing.contractSize);
  return {
    volume: contracts,
    amount: rounded(contracts * listing.contractSize, 8),
    symbol: listing.wireBase,
    value: rounded(contracts * listing.contractSize * live.last, 4),
    contract_code: listing.symbol,
    trade_amount: rounded(traded * listing.contractSize, 8),
    trade_volume: traded,
    trade_turnover: rounded(2 * live.turnoverUsd, 6),
    business_type: isDated(listing) ? "futures" : "swap",
    pair: `${listing.wireBase}-USDT`,
    contract_type: isDated(listing) ? "quarter" : "swap",
    trade_partition: "USDT",
  };
}

interface Labels {
  readonly labels: readonly string[];
  readonly tradfi: readonly string[];
}

/** What the contract list states about a class, in two places that it fills unevenly. */
function labelsOf(listing: Listing): Labels {
  const known = (label: string, ...tradfi: readonly string[]): Labels => ({
    labels: ["tradfi", label, "common"],
    tradfi,
  });
  // A gold token has the label of the metal.
  if (listing.base === "PAXG") return known("commodities", "Metals");
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      if (listing.marks.has("free_label")) return { labels: ["stock"], tradfi: [] };
      return listing.marks.has("fund")
        ? known("indices", "Stocks", "Indices")
        : known("stock", "Stocks");
    case "index":
      return known("indices", listing.key % 2 === 0 ? "Indices" : "Stocks");
    case "metal":
      return known("commodities", "Metals");
    case "commodity":
      return known("commodities", "Commodities");
    case "coin":
    case "basket":
    case "forex":
      return { labels: ["hot", "common"], tradfi: [] };
  }
}

function infoRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const dated = isDated(listing);
  const created = new Date(listing.listedAtMs).toISOString().slice(0, 10).replaceAll("-", "");
  return {
    symbol: listing.wireBase,
    contract_code: listing.symbol,
    contract_size: listing.contractSize,
    price_tick: Number(`1e-${listing.priceDecimals}`),
    delivery_date: dated ? `20${listing.symbol.slice(-6)}` : "",
    delivery_time: dated ? String(listing.deliveryAtMs) : "",
    create_date: created,
    contract_status: listing.state === "halted" ? 3 : 1,
    settlement_date: dated ? "" : String(live.nextAtMs),
    settlement_period: dated ? "" : String(listing.intervalHours),
    support_margin_mode: "all",
    business_type: dated ? "futures" : "swap",
    pair: `${listing.wireBase}-USDT`,
    contract_type: dated ? "quarter" : "swap",
    trade_partition: "USDT",
    labels: labelsOf(listing).labels,
    tradfi_labels: labelsOf(listing).tradfi,
  };
}

function v5Row(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    contract_code: listing.symbol,
    funding_rate: rateText(live.rate),
    funding_time: String(live.nextAtMs),
    next_funding_time: String(live.nextAtMs + listing.intervalHours * HOUR_MS),
    min_funding_rate: fixed(-listing.cap, RATE_DECIMALS),
    max_funding_rate: fixed(listing.cap, RATE_DECIMALS),
  };
}

const unknownContract = wireError(200, {
  status: "error",
  err_code: 1014,
  err_msg: "This contract doesnt exist.",
});
const invalid = (name: string): WireError =>
  wireError(200, { status: "error", err_code: 1030, err_msg: `Invalid ${name}.` });

const envelope = (data: unknown, { stampMs }: MarketView): unknown => ({
  status: "ok",
  data,
  ts: stampMs,
});
const one: NonNullable<Call["one"]> = { name: "contract_code", unknown: unknownContract };
/** The reply of one contract is not how a refresh gets its rates. */
const bulkRates: Call["kind"] = ({ symbol }) => (symbol === null ? "rates" : "secondary");
const isKnown = (row: Listing): boolean => !isGone(row);

const typeOf = ({ query }: Asked): string => query.get("business_type") ?? "swap";
const contractInfo: Call = {
  kind: ({ symbol }) => (symbol === null ? "list" : "secondary"),
  refuse: (asked) =>
    ["swap", "futures", "all"].includes(typeOf(asked)) ? null : invalid("business_type"),
  has: (row, asked) =>
    isKnown(row) && (typeOf(asked) === "all" || isDated(row) === (typeOf(asked) === "futures")),
  row: infoRow,
  one,
};

/** The newest call takes a few codes at a time. */
const codesOf = ({ query }: Asked): readonly string[] =>
  (query.get("contract_code") ?? "").split(",").filter((code) => code !== "");
function refusedCodes(asked: Asked): WireError | null {
  const count = codesOf(asked).length;
  if (count === 0) return wireError(200, { code: 1066, message: "contract_code is empty" });
  return count > V5_CODES
    ? wireError(200, { code: 1067, message: "contract_code exceeds the maximum" })
    : null;
}
const v5Funding: Call = {
  kind: "rates",
  refuse: refusedCodes,
  has: (row, asked) => isKnown(row) && !isDated(row) && codesOf(asked).includes(row.symbol),
  row: v5Row,
  wrap: (data, view) => ({ code: 200, message: "Success", data, ts: view.stampMs }),
  whenEmpty: wireError(200, { code: 1014, message: "This contract doesnt exist." }),
};

function classOf(listing: Listing): TruthAssetClass | null {
  if (listing.base === "PAXG") return "metal";
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      return listing.marks.has("fund") && !listing.marks.has("free_label") ? "etf" : "stock";
    case "index":
    case "metal":
    case "commodity":
      return listing.asset.kind;
    // Coins and currencies have no label.
    case "coin":
    case "basket":
    case "forex":
      return null;
  }
}

function show(listing: Listing, view: MarketView): Shown {
  const funding = fundingRow(listing, view);
  const interest = listing.marks.has("no_interest") ? null : interestRow(listing, view);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(funding["funding_rate"]),
    funding_interval_hours: Number(infoRow(listing, view)["settlement_period"]),
    next_funding_time: Number(funding["funding_time"]) / 1000,
    index_price: Number(indexRow(listing, view)["index_price"]),
    volume_24h_usd: interest === null ? null : Number(interest["trade_turnover"]) / 2,
    open_interest_usd: interest === null ? null : Number(interest["value"]),
  };
}

export const htx: ExchangeEncoder = encoderOfCalls({
  id: "htx",
  fields: { rate: "funding_rate", prices: [], symbol: "contract_code" },
  createListings,
  calls: {
    [`${V1}swap_batch_funding_rate`]: { kind: bulkRates, has: isKnown, row: fundingRow, one },
    [`${V1}swap_funding_rate`]: {
      kind: "secondary",
      has: isKnown,
      row: fundingRow,
      one: { ...one, missing: invalid("contract_code"), wrap: envelope },
    },
    [`${V1}swap_index`]: {
      kind: "secondary",
      has: (row) => !isDated(row),
      row: indexRow,
      one,
    },
    [`${V1}swap_open_interest`]: {
      kind: "secondary",
      has: (row) => isKnown(row) && !row.marks.has("no_interest"),
      row: interestRow,
      one,
    },
    [`${V1}swap_contract_info`]: contractInfo,
    [`${V1}swap_historical_funding_rate`]: pastRates((row) => isKnown(row) && !isDated(row), {
      ...one,
      missing: invalid("contract_code"),
    }),
    "/v5/market/funding_rate": v5Funding,
  },
  wrap: envelope,
  notFound: wireError(404, {
    status: "error",
    "err-code": "invalid-path",
    "err-msg": "path not found",
  }),
  onWire: () => true,
  show,
  historyLimit: { requests: 240, perMs: 3_000 },
  rateLimitBody: { status: "error", err_code: 1032, err_msg: "The number of visits exceeded." },
  errorBody: { status: "error", err_code: 1000, err_msg: "System is busy." },
  delistedState: "gone",
  usual: [
    "swap_batch_funding_rate",
    "swap_index",
    "swap_open_interest",
    "swap_contract_info?business_type=swap",
  ].map((name) => ({ path: V1 + name })),
});
