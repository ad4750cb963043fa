import { z } from "zod";
import type { ExchangeHttp } from "./exchange.ts";
import { badEnvelope, decodeEnvelope, numeric, type Numeric } from "./wire.ts";

/** What XT says of one contract's interval, where its feed of all contracts does not. */
export interface OneInterval {
  /** Hours in this call; seconds in its history. */
  readonly collectionInternal?: Numeric;
}

/**
 * One request per contract, documented at one in a second: the first round is five times as quick as the others, and
 * 13 minutes for all 730 contracts keep to that.
 */
export const ONE_INTERVAL_ROTATION_MS = 65 * 60_000;

const one = z.object({ symbol: z.string(), collectionInternal: numeric });

/** Asks for one contract; `resultOf` opens XT's envelope. Throws RequestFailure when the answer is another's. */
export const loadOneInterval =
  (basePath: string, resultOf: (body: unknown) => unknown) =>
  (http: ExchangeHttp, symbol: string): Promise<OneInterval> =>
    http.get(`${basePath}/q/funding-rate?symbol=${encodeURIComponent(symbol)}`, (body) => {
      const answer = decodeEnvelope(one, resultOf(body));
      if (answer.symbol !== symbol) throw badEnvelope("the answer is another contract's");
      return answer;
    });
