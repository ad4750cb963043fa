import type { ExchangeName } from "./listing.ts";
import type { ExchangeEncoder, PayloadKind, WireRow } from "./wire.ts";

/** What can go wrong at an exchange. Each is switched per exchange. */
export const FAULTS = [
  "slow",
  "hang",
  "http429",
  "http418",
  "http451",
  "http500",
  "html",
  "truncated_json",
  "huge_body",
  "error_envelope",
  "empty_list",
  "half_list",
  "garbage_numbers",
  "frozen_timestamps",
  "missing_field",
] as const;

export type FaultName = (typeof FAULTS)[number];

export function isFaultName(text: string): text is FaultName {
  return (FAULTS as readonly string[]).includes(text);
}

/** One fault as it was switched on. */
export interface Fault {
  readonly name: FaultName;
  /** Only requests whose path and query (or POST body) hold this text; all when absent. */
  readonly paths?: string;
  /** It ends by itself after this many requests. */
  readonly times?: number;
  /** slow: how long an answer takes. */
  readonly delayMs?: number;
  /** http429, http418: the Retry-After header; none when absent. */
  readonly retryAfterSeconds?: number;
  /** missing_field: the field of each row that is dropped; the funding rate when absent. */
  readonly field?: string;
}

/** Faults that an exchange's format cannot have, and why. */
export const FAULT_EXCEPTIONS: Readonly<
  Partial<Record<ExchangeName, Partial<Record<FaultName, string>>>>
> = {
  gate: { frozen_timestamps: "no payload carries a time of its own" },
  kucoin: { frozen_timestamps: "no payload carries a time of its own" },
  hyperliquid: { frozen_timestamps: "no payload carries a time of its own" },
};

/** Whether a fault can happen to an exchange at all. */
export function applies(exchange: ExchangeName, fault: FaultName): boolean {
  return FAULT_EXCEPTIONS[exchange]?.[fault] === undefined;
}

/** A row is garbled by its place in the list: every third one, in four ways. */
const GARBLE_EVERY = 3;
const GARBLES: readonly ((encoder: ExchangeEncoder, row: WireRow) => WireRow)[] = [
  (encoder, row) => withField(row, encoder.fields.rate, "abc"),
  (encoder, row) => withField(row, encoder.fields.rate, 1e300),
  (encoder, row) => withField(row, encoder.fields.rate, "NaN"),
  (encoder, row) =>
    encoder.fields.prices.reduce((made, field) => withField(made, field, "-1"), row),
];

/** The rows of a list as they leave under a fault; most faults leave them as they are. */
export function faultyRows(
  encoder: ExchangeEncoder,
  fault: Fault,
  kind: PayloadKind,
  rows: readonly WireRow[],
): readonly WireRow[] {
  switch (fault.name) {
    case "empty_list":
      return [];
    case "half_list":
      // A fault that names its requests means those, whatever they hold.
      return kind === "rates" || fault.paths !== undefined
        ? rows.filter((_row, index) => index % 2 === 0)
        : rows;
    case "garbage_numbers":
      return kind === "rates" ? rows.map((row, index) => garbled(encoder, row, index)) : rows;
    case "missing_field":
      return kind === "rates"
        ? rows.map((row) => withField(row, fault.field ?? encoder.fields.rate, undefined))
        : rows;
    case "slow":
    case "hang":
    case "http429":
    case "http418":
    case "http451":
    case "http500":
    case "html":
    case "truncated_json":
    case "huge_body":
    case "error_envelope":
    case "frozen_timestamps":
      return rows;
  }
}

function garbled(encoder: ExchangeEncoder, row: WireRow, index: number): WireRow {
  if (index % GARBLE_EVERY !== 0) return row;
  // The last way needs a price to spoil: without one it would leave the row whole.
  const ways = encoder.fields.prices.length === 0 ? GARBLES.slice(0, -1) : GARBLES;
  const garble = ways[(index / GARBLE_EVERY) % ways.length];
  return garble === undefined ? row : garble(encoder, row);
}

/** A copy of a row with one field replaced (undefined: dropped), on the row itself or one level below it. */
function withField(row: WireRow, field: string, value: unknown): WireRow {
  if (field in row) return { ...row, [field]: value };
  for (const [key, part] of Object.entries(row)) {
    if (typeof part === "object" && part !== null && field in part) {
      return { ...row, [key]: { ...part, [field]: value } };
    }
  }
  return row;
}
