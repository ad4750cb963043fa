import type { SettledRate } from "../../src/domain/settlement.ts";
import type { Exchange, ExchangeHttp } from "../../src/exchanges/exchange.ts";
import type { HistoryPage, HistoryRequest } from "../../src/exchanges/history.ts";

/** The reply to one request of a history, as read, and the request itself. */
export interface ReadPage extends HistoryPage<SettledRate> {
  /** The path with its query, or `POST path body`. */
  readonly request: string;
}

/** Reads `body` as the reply to one request for an instrument's history. Throws what the reader throws. */
export async function historyPage(
  { facts, history }: Exchange,
  exchangeSymbol: string,
  body: unknown,
  request: Partial<HistoryRequest> & { readonly key?: string } = {},
): Promise<ReadPage> {
  if (history?.kind !== "settlements") throw new Error(`${facts.id} has no settlements`);
  const requests: string[] = [];
  const http: ExchangeHttp = {
    get: (path, decode) => {
      requests.push(path);
      return Promise.resolve().then(() => decode(body));
    },
    postRead: (path, sent, decode) => {
      requests.push(`POST ${path} ${JSON.stringify(sent)}`);
      return Promise.resolve().then(() => decode(body));
    },
  };
  const { key = null, ...rest } = request;
  const page = await history.load(http, {
    instrument: { exchangeSymbol, intervalHours: null, key },
    fromMs: Date.UTC(2026, 9, 1),
    toMs: Date.UTC(2026, 10, 1),
    page: 1,
    cursor: null,
    ...rest,
  });
  return { ...page, request: requests.join("\n") };
}
