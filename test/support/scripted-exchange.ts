import type { Batch, Explanation } from "../../src/domain/quote.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";

/** An exchange without a network: each refresh does what the test configures next. */
export interface ScriptedExchange extends Exchange {
  refreshes: number;
  /** What the next refreshes yield or throw. */
  next: () => Promise<Batch> | Batch;
}

export function scriptedExchange(
  id: ExchangeId,
  next: () => Promise<Batch> | Batch,
): ScriptedExchange {
  const exchange: ScriptedExchange = {
    facts: {
      id,
      name: id,
      kind: "centralised",
      hosts: { main: "https://exchange.invalid" },
      pacing: { requests: 10, perMs: 1_000 },
      accrual: "periodic",
      documentation: "https://exchange.invalid/docs",
      requestsPerRefresh: 1,
      rateRule: "as scripted",
      intervalRule: "as scripted",
      providedFields: [],
      caveats: [],
    },
    refreshes: 0,
    next,
    async refresh() {
      exchange.refreshes += 1;
      const batch = await exchange.next();
      return { ...batch, explain: (symbol) => explanationOf(batch, symbol) };
    },
  };
  return exchange;
}

function explanationOf({ quotes }: Batch, symbol: string): Explanation | null {
  const quote = quotes.find(({ exchangeSymbol }) => exchangeSymbol === symbol);
  if (quote === undefined) return null;
  const rows = { quote: { rate: quote.fundingRate } };
  return { quote, origin: { rows, formula: "{quote.rate}" } };
}

/** A batch of `quotes` from an exchange without an independent list. */
export function batchOf(quotes: Batch["quotes"], extra: Partial<Batch> = {}): Batch {
  return { quotes, rejects: [], expected: null, unlisted: 0, ...extra };
}
