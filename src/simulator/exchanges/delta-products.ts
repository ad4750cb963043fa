import type { Listing } from "../listing.ts";
import { tickText, trimmed } from "../wire-text.ts";
import type { WireRow } from "../wire.ts";

/** Funding periods of 8 h in a year: caps are published per year. */
const PERIODS_A_YEAR = 1095;

/** The exchange's word for a listing's type. */
export function typeOf(listing: Listing): string {
  return listing.product === "dated" ? "futures" : "perpetual_futures";
}

function assetRow(symbol: string): WireRow {
  return {
    base_withdrawal_fee: "0.000500000000000000",
    deposit_status: "enabled",
    id: [...symbol].reduce((sum, letter) => sum + letter.charCodeAt(0), 0),
    interest_credit: false,
    interest_slabs: null,
    kyc_deposit_limit: "10.000000000000000000",
    kyc_withdrawal_limit: "0.500000000000000000",
    min_withdrawal_amount: "0.001000000000000000",
    minimum_precision: 4,
    name: symbol,
    networks: [],
    precision: 8,
    sort_priority: 1,
    symbol,
    variable_withdrawal_fee: "0.000000000000000000",
    withdrawal_status: "enabled",
  };
}

function notionalOf({ product }: Listing): string {
  return product === "inverse" ? "inverse" : "vanilla";
}

function stateOf({ state }: Listing): string {
  if (state === "pending") return "upcoming";
  return state === "settling" ? "expired" : "live";
}

/** A row of the list of products. */
export function productRow(listing: Listing): WireRow {
  const dated = listing.product === "dated";
  const intervalSeconds = listing.intervalHours * 3600;
  const specs =
    dated || listing.marks.has("no_specs")
      ? {}
      : {
          funding_clamp_value: 0.05,
          only_reduce_only_orders_allowed: false,
          rate_exchange_interval: intervalSeconds,
        };
  const perYear = listing.cap * (8 / listing.intervalHours) * PERIODS_A_YEAR;
  return {
    contract_unit_currency: listing.wireBase,
    short_description: `${listing.wireBase} ${dated ? "Futures" : "Perpetual"}`,
    settlement_price: null,
    launch_time: new Date(listing.listedAtMs).toISOString().replace(".000Z", "Z"),
    impact_size: 2000,
    settlement_time: dated ? new Date(listing.deliveryAtMs).toISOString() : null,
    id: 100 + (listing.key % 90_000),
    annualized_funding: trimmed(perYear, 6),
    auction_start_time: null,
    insurance_fund_margin_contribution: "2",
    trading_status: listing.state === "halted" ? "disrupted_cancel_only" : "operational",
    max_leverage_notional: "20000",
    taker_commission_rate: "0.0005",
    basis_factor_max_limit: "10.95",
    strike_price: null,
    initial_margin: "2",
    disruption_reason: null,
    ui_config: {
      default_trading_view_candle: "15",
      leverage_slider_values: [1, 5, 10, 20, 50],
      price_clubbing_values: [0.1, 0.5, 1],
      show_bracket_orders: true,
      sort_priority: 9,
      tags: [],
    },
    liquidation_penalty_factor: "0.5",
    initial_margin_scaling_factor: "0.0000025",
    is_quanto: listing.marks.has("quanto"),
    price_band: "5",
    auction_finish_time: null,
    spot_index: {
      config: { quoting_asset: listing.quote, service_id: 1, underlying_asset: listing.wireBase },
      constituent_exchanges: [
        { exchange: "binance", health_interval: 60, health_priority: 1, weight: 1 },
      ],
      constituent_indices: null,
      description: "",
      health_interval: 300,
      id: 3,
      impact_size: "10.000000000000000000",
      index_type: "spot_pair",
      is_composite: false,
      price_method: "ltp",
      quoting_asset_id: 2,
      symbol: `.DE${listing.wireBase}${listing.quote}`,
      tick_size: "0.000001000000000000",
      underlying_asset_id: 1,
    },
    settling_asset: assetRow(listing.settle),
    maintenance_margin_scaling_factor: "0.0000025",
    funding_method: "mark_price",
    notional_type: notionalOf(listing),
    tick_size: tickText(listing.priceDecimals),
    maintenance_margin: "1",
    default_leverage: "10.000000000000000000",
    description: `${listing.wireBase} contract quoted in ${listing.quote}, settled in ${listing.settle}`,
    symbol: listing.symbol,
    quoting_asset: assetRow(listing.quote),
    state: stateOf(listing),
    contract_type: typeOf(listing),
    position_size_limit: 229_167,
    maker_commission_rate: "0.0002",
    barrier_price: null,
    contract_value: trimmed(listing.contractSize, 8),
    underlying_asset: assetRow(listing.wireBase),
    product_specs: specs,
  };
}
