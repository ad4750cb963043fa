import type { ClientName } from "./client-programs.ts";

/** The result of the program below, for one client. */
export interface Usage {
  readonly listed: readonly UsedRow[];
  readonly pages: readonly (readonly UsedRow[])[];
  readonly ofBtc: readonly UsedRow[];
  readonly explained: {
    readonly symbol: string;
    readonly rate: number | null;
    readonly yearly: string | null;
  };
  readonly refused: { readonly code: string; readonly status: number };
  /** The answers for a list of one exchange that exists and one that does not, and for the latter alone. */
  readonly missing: readonly string[];
  readonly noData: { readonly code: string; readonly missing: readonly string[] };
  readonly csv: string;
}

interface UsedRow {
  readonly exchange: string;
  readonly symbol: string;
  readonly base: string;
  readonly yearly: number | null;
}

export interface UsageModule {
  usageOf(
    origin: string,
    fetch: (request: Request) => Promise<Response>,
  ): Record<ClientName, () => Promise<Usage>>;
}

/** What a reader of the document would write, with both clients. */
export const USAGE_PROGRAM = `import createClient from "openapi-fetch";
import type { paths } from "./paths.d.ts";
import * as sdk from "./sdk";
import { createClient as createHeyClient } from "./sdk/client";

type Json = "application/json" | "application/problem+json";
type Filters = NonNullable<sdk.ListFundingRatesData["query"]>;

interface Used { exchange: string; symbol: string; base: string; yearly: number | null }

const FILTERS: Filters = {
  exchange: ["binance", "okx"],
  base: ["BTC", "ETH"],
  quote: ["USDT"],
  min_volume: 0,
  sort: "annualized_pct",
  order: "desc",
};
const PAGE = 3;
const EXPLAINED = { exchange: "binance", exchange_symbol: "BTCUSDT" } as const;
const NO_SUCH = { base: "NOSUCHASSET" };
const HALF: Filters = { exchange: ["binance", "gate"], limit: 1 };
const NONE: Filters = { exchange: ["gate"] };

function named(missing: readonly sdk.MissingExchange[] = []): string[] {
  return missing.map(({ exchange, status }) => exchange + " " + status);
}

/** Takes the row of either client: a field that one of them lacks would not compile. */
function used(row: sdk.FundingRow): Used {
  const { exchange, exchange_symbol: symbol, base, annualized_pct: yearly } = row;
  return { exchange, symbol, base, yearly };
}

function must<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function pagesOf(ask: (query: Filters) => Promise<sdk.FundingList>): Promise<Used[][]> {
  const pages: Used[][] = [];
  let cursor: string | null = null;
  do {
    const list: sdk.FundingList = await ask({ exchange: ["kraken"], limit: PAGE, ...(cursor !== null && { cursor }) });
    pages.push(list.rows.map(used));
    cursor = list.next_cursor;
  } while (cursor !== null && pages.length < PAGE);
  return pages;
}

export function usageOf(origin: string, fetch: typeof globalThis.fetch) {
  const plain = createClient<paths, Json>({ baseUrl: origin, fetch });
  const client = createHeyClient({ baseUrl: origin, fetch });
  return {
    "openapi-fetch": async () => {
      const listed = must(await plain.GET("/api/funding/current", { params: { query: FILTERS } }));
      const pages = await pagesOf(async (query) => must(await plain.GET("/api/funding/current", { params: { query } })));
      const ofBtc = must(await plain.GET("/api/funding/symbol/{base}", { params: { path: { base: "BTC" } } }));
      const one = must(await plain.GET("/api/explain/{exchange}/{exchange_symbol}", { params: { path: EXPLAINED } }));
      const { error } = await plain.GET("/api/funding/symbol/{base}", { params: { path: NO_SUCH } });
      const half = must(await plain.GET("/api/funding/current", { params: { query: HALF } }));
      const { error: none } = await plain.GET("/api/funding/current", { params: { query: NONE } });
      const csv: string = must(await plain.GET("/api/funding/current", { params: { query: { ...FILTERS, format: "csv" } }, parseAs: "text" }));
      return {
        listed: listed.rows.map(used),
        pages,
        ofBtc: ofBtc.rows.map(used),
        explained: { symbol: one.row.exchange_symbol, rate: one.rate?.value ?? null, yearly: one.annualized?.with_numbers ?? null },
        refused: { code: error?.code, status: error?.status },
        missing: named(half.missing),
        noData: { code: none?.code, missing: named(none?.missing) },
        csv,
      };
    },
    "hey-api": async () => {
      const listed = must(await sdk.listFundingRates({ client, query: FILTERS }));
      const pages = await pagesOf(async (query) => must(await sdk.listFundingRates({ client, query })));
      const ofBtc = must(await sdk.listFundingRatesOfAsset({ client, path: { base: "BTC" } }));
      const one = must(await sdk.explainFundingRate({ client, path: EXPLAINED }));
      const { error } = await sdk.listFundingRatesOfAsset({ client, path: NO_SUCH });
      const half = must(await sdk.listFundingRates({ client, query: HALF }));
      const { error: none } = await sdk.listFundingRates({ client, query: NONE });
      // Of several media types it knows the type of one, the JSON.
      const csv: unknown = must(await sdk.listFundingRates({ client, query: { ...FILTERS, format: "csv" }, parseAs: "text" }));
      return {
        listed: listed.rows.map(used),
        pages,
        ofBtc: ofBtc.rows.map(used),
        explained: { symbol: one.row.exchange_symbol, rate: one.rate?.value ?? null, yearly: one.annualized?.with_numbers ?? null },
        refused: { code: error?.code, status: error?.status },
        missing: named(half.missing),
        noData: { code: none?.code, missing: named(none?.missing) },
        csv,
      };
    },
  };
}
`;

/** Possible mistakes, and the word that the type checker must report for each. */
export interface Mistake {
  readonly statement: string;
  readonly says: string;
}

export const MISTAKES: readonly Mistake[] = [
  { statement: 'await plain.GET("/api/funding/currant", {});', says: "/api/funding/currant" },
  { statement: ofFetch('{ exchnge: ["okx"] }'), says: "'exchnge' does not exist" },
  { statement: ofFetch('{ exchange: ["okay"] }'), says: '"okay"' },
  { statement: ofFetch('{ exchange: "okx" }'), says: "'string' is not assignable" },
  { statement: ofFetch('{ sort: "volume" }'), says: '"volume"' },
  {
    statement: 'await plain.GET("/api/funding/symbol/{base}", { params: {} });',
    says: "'path' is missing",
  },
  { statement: "plainRow.anualized_pct;", says: "'anualized_pct' does not exist" },
  { statement: "plainRow.annualized_pct.toFixed(2);", says: "possibly 'null'" },
  { statement: "await sdk.listFundingRate({ client });", says: "'listFundingRate' does not exist" },
  { statement: ofHey('{ exchnge: ["okx"] }'), says: "'exchnge' does not exist" },
  { statement: ofHey('{ exchange: ["okay"] }'), says: '"okay"' },
  { statement: ofHey('{ exchange: "okx" }'), says: "'string' is not assignable" },
  { statement: ofHey('{ sort: "volume" }'), says: '"volume"' },
  {
    statement: "await sdk.listFundingRatesOfAsset({ client });",
    says: "is not assignable to parameter",
  },
  { statement: "heyRow.anualized_pct;", says: "'anualized_pct' does not exist" },
  { statement: "heyRow.annualized_pct.toFixed(2);", says: "possibly 'null'" },
];

function ofFetch(query: string): string {
  return `await plain.GET("/api/funding/current", { params: { query: ${query} } });`;
}

function ofHey(query: string): string {
  return `await sdk.listFundingRates({ client, query: ${query} });`;
}

const MISTAKES_HEAD = `import createClient from "openapi-fetch";
import type { paths } from "./paths.d.ts";
import * as sdk from "./sdk";
import { createClient as createHeyClient } from "./sdk/client";
const plain = createClient<paths, "application/json">({});
const client = createHeyClient({});
const plainRow = (await plain.GET("/api/funding/current", {})).data!.rows[0]!;
const heyRow = (await sdk.listFundingRates({ client })).data!.rows[0]!;
`;

/** A program consisting of mistakes, one per line, from this line on. */
export const MISTAKES_FROM_LINE = MISTAKES_HEAD.split("\n").length;
export const MISTAKES_PROGRAM = `${MISTAKES_HEAD}${MISTAKES.map(({ statement }) => statement).join("\n")}\n`;
