import { htx } from "../../src/exchanges/htx.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";

/** Made-up replies in htx's documented format, and readers of them. */

const V1 = "/linear-swap-api/v1";
export const RATES = `${V1}/swap_batch_funding_rate`;
export const INDEX = `${V1}/swap_index`;
export const INTEREST = `${V1}/swap_open_interest`;
export const LIST = `${V1}/swap_contract_info?business_type=swap`;

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const STAMP = AT - 120;
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

export type Row = Readonly<Record<string, unknown>>;

export const rate = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  estimated_rate: null,
  funding_rate: "0.000091500000000000",
  funding_time: String(at(16)),
  next_funding_time: null,
  trade_partition: "USDT",
  ...extra,
});
const index = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  index_price: 71020.5,
  index_ts: AT - 2000,
  ...extra,
});
const interest = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  volume: 2000000,
  amount: 2000,
  value: 142000000.5,
  trade_turnover: 901000111.25,
  ...extra,
});
export const contract = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  symbol: contract_code.split("-")[0],
  contract_size: 0.001,
  settlement_period: "8",
  contract_status: 1,
  business_type: "swap",
  contract_type: "swap",
  trade_partition: "USDT",
  labels: ["hot", "common"],
  tradfi_labels: [],
  ...extra,
});

export const LIVE = [
  contract("BTC-USDT"),
  contract("PEPE-USDT", { settlement_period: "4", tradfi_labels: undefined }),
  contract("TSLA-USDT", { labels: ["tradfi", "stock"], tradfi_labels: ["Stocks"] }),
  contract("XAUT-USDT", { tradfi_labels: ["Metals"], settlement_period: "1" }),
];
export const DEAD = [
  contract("OLD-USDT", { contract_status: 3 }),
  contract("BTC-USDT-261225", { business_type: "futures", contract_type: "quarter" }),
  contract("ETH-USDT-261225"),
  contract("BTC-USD", { trade_partition: "USD" }),
  contract("SOL-USDT", { trade_partition: "HTX" }),
];
export const codeOf = (row: Row): string => String(row["contract_code"]);
export const reply = (data: unknown): Row => ({ status: "ok", data, ts: STAMP });

export const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTC-USDT"),
    rate("PEPE-USDT", { funding_rate: "-0.00125" }),
    rate("TSLA-USDT", { funding_rate: "0E-18" }),
    rate("XAUT-USDT", { funding_time: String(at(14)) }),
    ...DEAD.map((row) => rate(codeOf(row))),
    rate("BTC-USDT-270326", { funding_rate: null }),
    rate("NEW-USDT"),
  ]),
  [INDEX]: reply([
    index("BTC-USDT"),
    index("TSLA-USDT", { index_ts: AT - 301_000 }),
    index("OLD-USDT"),
  ]),
  [INTEREST]: reply([interest("BTC-USDT"), interest("PEPE-USDT", { value: 0 })]),
  [LIST]: reply([...LIVE, ...DEAD]),
};

export const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  htx.refresh(memorySource(bodies, { nowMs: AT, ...options }));

export const btcOf = async (
  rateExtra: Row,
  listExtra: Row = {},
  options: Partial<MemorySourceOptions> = {},
) => {
  const batch = await refresh(
    {
      ...BODIES,
      [RATES]: reply([rate("BTC-USDT", rateExtra)]),
      [LIST]: reply([contract("BTC-USDT", listExtra), contract("ETH-USDT")]),
    },
    options,
  );
  return { batch, quote: batch.quotes[0] };
};
