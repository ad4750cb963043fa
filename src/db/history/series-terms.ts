import type { Accrual, AssetClass } from "../../domain/quote.ts";

/** What a series stands for, as far as that may change while its uid stays. */
export interface SeriesTerms {
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  readonly assetClass: AssetClass | null;
  readonly accrual: Accrual;
}

/** As it is stored: an array, whose first member is read by SQL. */
export function termsText({
  base,
  quote,
  settle,
  multiplier,
  assetClass,
  accrual,
}: { readonly [Name in keyof SeriesTerms]: number | string | null }): string {
  return JSON.stringify([base, quote, settle, multiplier, assetClass, accrual]);
}

type StoredTerms = [string, string, string, number, AssetClass | null, Accrual];

/** The terms of a text of `termsText`. */
export function termsOf(text: string): SeriesTerms {
  const stored = JSON.parse(text) as StoredTerms;
  const [base, quote, settle, multiplier, assetClass, accrual] = stored;
  return { base, quote, settle, multiplier, assetClass, accrual };
}
