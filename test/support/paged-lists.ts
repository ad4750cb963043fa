import type { WireRequest, WireRow } from "../../src/simulator/wire.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Mutation } from "./mutated-market.ts";

/** How a paged list refers to its next page, and where a request names the page. */
export interface Paged {
  readonly path: string;
  /** The requested page, the first one is 1. */
  readonly pageOf: (request: WireRequest) => number;
  /** The reply with a reference to the page `next`; null: the last one. */
  readonly withNext: (body: unknown, next: number | null) => unknown;
}

export const PAGED: readonly (readonly [ExchangeId, Paged])[] = [
  [
    "bybit",
    {
      path: "/v5/market/instruments-info",
      pageOf: ({ query }) => Number(query.get("cursor")?.replace("first=", "") ?? 1),
      withNext: (body, next) => {
        const { result, ...rest } = Object(body);
        return {
          ...rest,
          result: { ...result, nextPageCursor: next === null ? "" : `first=${next}` },
        };
      },
    },
  ],
  [
    "delta",
    {
      path: "/v2/products",
      pageOf: ({ query }) => Number(query.get("after") ?? 1),
      withNext: (body, next) => ({
        ...Object(body),
        meta: { after: next === null ? null : String(next) },
      }),
    },
  ],
  [
    "phemex",
    {
      path: "/contract-biz/public/real-funding-rates",
      pageOf: ({ query }) => Number(query.get("pageNum")),
      withNext: (body, next) => {
        const { data, ...rest } = Object(body);
        return { ...rest, data: { ...data, total: next === null ? 0 : 1e6 } };
      },
    },
  ],
];

/** A list in these pages; the last one refers to one more page, which is empty and refers to yet another. */
export function inPages(
  paged: Paged,
  pages: (rows: readonly WireRow[]) => readonly (readonly WireRow[])[],
): Mutation {
  const whole = new Map<string | null, readonly WireRow[]>();
  const isPaged = ({ path }: WireRequest): boolean => path === paged.path;
  return {
    rows: (rows, _list, request) => {
      if (!isPaged(request)) return rows;
      const page = paged.pageOf(request);
      if (page === 1) whole.set(request.host, rows);
      return pages(whole.get(request.host) ?? [])[page - 1] ?? [];
    },
    body: (body, request) =>
      isPaged(request) ? paged.withNext(body, paged.pageOf(request) + 1) : body,
  };
}
