import type { ExchangeStatus } from "../domain/exchange.ts";
import { HOUR_MS } from "../domain/funding.ts";

/** Shown for unknown values in a cell. */
export const UNKNOWN = "–";

const MINUS = "−";

/** A number with sign and fixed decimals, e.g. "+0.0100". */
export function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return value < 0 ? `${MINUS}${text}` : `+${text}`;
}

const MONEY_UNITS = [
  { from: 1e9, suffix: "B" },
  { from: 1e6, suffix: "M" },
  { from: 1e3, suffix: "K" },
] as const;

/** US dollars with three significant digits: $1.25M. */
export function dollars(value: number | null): string {
  if (value === null) return UNKNOWN;
  for (const { from, suffix } of MONEY_UNITS) {
    if (value >= from) return `$${Number((value / from).toPrecision(3))}${suffix}`;
  }
  return `$${Math.round(value)}`;
}

const MINUTE_MS = 60_000;

/** Time until a moment in hours and minutes: "3 h 05 m". */
export function until(atMs: number | null, fromMs: number): string {
  if (atMs === null) return UNKNOWN;
  const minutes = Math.max(0, Math.round((atMs - fromMs) / MINUTE_MS));
  const hours = Math.floor(minutes / (HOUR_MS / MINUTE_MS));
  const rest = String(minutes % (HOUR_MS / MINUTE_MS)).padStart(2, "0");
  return hours > 0 ? `${hours} h ${rest} m` : `${minutes} m`;
}

/** An age in its largest whole unit. */
export function age(seconds: number | null): string {
  if (seconds === null) return "never";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** UTC with seconds: 2026-11-02 12:00:05. */
export function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

/** A status in readable form: geo blocked. */
export function statusText(status: ExchangeStatus): string {
  return status.replace("_", " ");
}
