import { z } from "zod";
import { type ExchangeId, isExchangeId } from "../domain/exchange.ts";
import { type FeeFile, MAX_TAKER_BPS } from "../domain/fees.ts";
import { ConfigError } from "../lib/config-error.ts";

const FeeFileSchema = z.strictObject({
  as_of: z.iso.date({ error: 'must be a date string such as "2026-11-01"' }),
  taker_bps: z
    .record(
      z.string(),
      z
        .number({ error: "must be a number of basis points" })
        .min(0, { error: "must not be below 0" })
        .max(MAX_TAKER_BPS, { error: `must not be above ${MAX_TAKER_BPS} basis points` }),
    )
    .superRefine((fees, context) => {
      for (const id of Object.keys(fees).filter((name) => !isExchangeId(name)))
        context.addIssue({ code: "custom", path: [id], message: "is not a known exchange" });
    }),
});

/**
 * The operator's fees: a TOML file with `as_of = "2026-11-01"` and a table `[taker_bps]` of lines like `okx = 3.5`.
 * Throws ConfigError with every problem and its position in the file.
 */
export function readFeeFile(path: string, readFile: (path: string) => string): FeeFile {
  const parsed = FeeFileSchema.safeParse(parse(path, readFile));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path: place, message }) =>
        ["FEES_FILE:", ...(place.length === 0 ? [] : [place.join(".")]), message].join(" "),
      ),
    );
  }
  const { as_of: asOf, taker_bps: fees } = parsed.data;
  const takerBps = new Map<ExchangeId, number>();
  for (const [id, bps] of Object.entries(fees)) if (isExchangeId(id)) takerBps.set(id, bps);
  return { asOf, takerBps };
}

function parse(path: string, readFile: (path: string) => string): unknown {
  let text: string;
  try {
    text = readFile(path);
  } catch {
    throw new ConfigError([`FEES_FILE: ${path} cannot be read`]);
  }
  try {
    return Bun.TOML.parse(text);
  } catch {
    throw new ConfigError([`FEES_FILE: ${path} is not valid TOML`]);
  }
}
