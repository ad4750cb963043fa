import { z } from "zod";
import { anyValue, badEnvelope, decodeEnvelope, numeric } from "./wire.ts";

/** The envelope of ApeX Omni's replies, and its catalogue. */

export const CATALOGUE_PATH = "/api/v3/symbols";

const envelope = z.object({ code: numeric, data: anyValue });
const catalogue = z.object({
  contractConfig: z.object({
    perpetualContract: anyValue,
    stockContract: z.array(z.unknown()).nullish(),
  }),
});

/** A success has no code; errors come with HTTP 200. */
export function dataOf(body: unknown): unknown {
  const { code, data } = decodeEnvelope(envelope, body);
  if (code !== undefined && code !== null) throw badEnvelope(`code ${code}`);
  return data;
}

/** The lists of contracts that are charged funding; older catalogues have no stocks. */
export function catalogueOf(body: unknown): {
  readonly perpetuals: unknown;
  readonly stocks: readonly unknown[];
} {
  const { contractConfig } = decodeEnvelope(catalogue, dataOf(body));
  return {
    perpetuals: contractConfig.perpetualContract,
    stocks: contractConfig.stockContract ?? [],
  };
}
