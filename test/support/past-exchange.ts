import type { SettledRate } from "../../src/domain/settlement.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import type {
  ExchangeHistory,
  HistoryPage,
  HistoryPaging,
  HistoryProfile,
  HistoryRequest,
} from "../../src/exchanges/history.ts";

/** A past in memory, as an exchange of one kind of paging would serve it. Payments by symbol, oldest first. */
export interface PastSource {
  readonly paging: HistoryPaging;
  readonly rows: number;
  readonly payments: (symbol: string) => readonly SettledRate[];
  /** Whether numbered pages are those of the requested range. */
  readonly hasRanges?: boolean;
  /** The most rows that it still has, the newest ones. */
  readonly depthRows?: number;
  /** Called before each reply; what it throws is the reply. */
  readonly before?: (request: HistoryRequest, nth: number) => void;
}

/** Payments every `hours` with fromMs < slot <= toMs, oldest first; each rate is its slot in hours. */
export function paymentsEvery(hours: number, fromMs: number, toMs: number): SettledRate[] {
  const stepMs = hours * 3_600_000;
  const first = Math.floor(fromMs / stepMs) + 1;
  const count = Math.max(0, Math.floor(toMs / stepMs) - first + 1);
  return Array.from({ length: count }, (_, nth) => ({
    atMs: (first + nth) * stepMs,
    rate: `0.0000${(first + nth) * hours}`,
    intervalHours: null,
    markPrice: null,
  }));
}

/** The same exchange with a past; `requests` are those for it so far. */
export function withPast<E extends Exchange>(
  exchange: E,
  source: PastSource,
): E & { readonly history: ExchangeHistory; readonly requests: HistoryRequest[] } {
  const requests: HistoryRequest[] = [];
  const profile: HistoryProfile = {
    paging: source.paging,
    maxRows: source.rows,
    order: "newest_first",
    bounds:
      source.paging.by === "page" && source.hasRanges !== true
        ? { from: "none", to: "none" }
        : { from: "inclusive", to: "exclusive" },
    depth: { words: "as scripted", days: null, rows: source.depthRows ?? null },
    pacing: { requests: 5, perMs: 1_000 },
    caveats: [],
    load: (_http, request) => {
      requests.push(request);
      source.before?.(request, requests.length);
      return Promise.resolve(pageOf(source, request));
    },
  };
  return Object.assign(exchange, {
    history: { kind: "settlements", ...profile } as const,
    requests,
  });
}

function pageOf(source: PastSource, request: HistoryRequest): HistoryPage<SettledRate> {
  const { paging, rows: size, payments, depthRows = Number.POSITIVE_INFINITY } = source;
  const { instrument, fromMs, toMs, page, cursor } = request;
  const kept = payments(instrument.exchangeSymbol).slice(-depthRows);
  const ranged = kept.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const newest = kept.toReversed();
  switch (paging.by) {
    case "time":
      return { rows: paging.sends === "newest" ? ranged.slice(-size) : ranged.slice(0, size) };
    case "page": {
      const paged = source.hasRanges === true ? ranged.toReversed() : newest;
      return { rows: paged.slice((page - 1) * size, page * size) };
    }
    case "cursor": {
      const start = Number(cursor ?? 0);
      const end = start + size;
      return {
        rows: newest.slice(start, end),
        cursor: end < newest.length ? String(end) : null,
      };
    }
    case "nothing":
      return { rows: newest };
  }
}
