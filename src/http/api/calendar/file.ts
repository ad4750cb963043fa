import { ICalCalendar, ICalEventTransparency, type ICalEventData } from "ical-generator";
import { type FlagBits, flagNames } from "../../../domain/flags.ts";
import { annualizedPct, fractionToPct } from "../../../domain/funding.ts";
import type { Snapshot } from "../../../domain/market.ts";
import type { MissingExchange } from "../../../domain/exchange.ts";
import type { Settlement, Settlements } from "../../../services/finder/calendar.ts";

/** Calendar programs slow down with more, and people read far fewer. */
export const MAX_EVENTS = 1_000;

/** Suggested refresh interval for calendar programs. */
const REFRESH_SECONDS = 3_600;

/** Settlement times jitter by less than a minute; the same event must keep its id. */
const SLOT_SECONDS = 60;

/** RFC 5545 3.1: every line ends with it, including the last one, which the library leaves open. */
const LINE_END = "\r\n";

/** RFC 5545 3.6: a calendar needs a component. Without settlements it is the time zone. */
const UTC_ZONE = [
  "BEGIN:VTIMEZONE",
  "TZID:Etc/UTC",
  "BEGIN:STANDARD",
  "DTSTART:19700101T000000",
  "TZOFFSETFROM:+0000",
  "TZOFFSETTO:+0000",
  "TZNAME:UTC",
  "END:STANDARD",
  "END:VTIMEZONE",
  "",
].join(LINE_END);

const END = "END:VCALENDAR";

/** The nearest settlements as an RFC 5545 calendar; a pure function. */
export function calendarText(
  snapshot: Snapshot,
  settlements: Settlements,
  missing: readonly MissingExchange[],
): string {
  const shown = settlements.slice(0, MAX_EVENTS);
  const left = settlements.length - shown.length;
  const calendar = new ICalCalendar({
    prodId: { company: "Funding Finder", product: "Funding calendar", language: "EN" },
    name: "Funding settlements",
    // The library does not escape this text: it must not contain a comma, semicolon or backslash.
    description: `Funding settlements of perpetuals. Positive rate: longs pay shorts. The nearest ${shown.length} are here and ${left} later ones are left out.${missingText(missing)}`,
    ttl: REFRESH_SECONDS,
  });
  const stamp = new Date(snapshot.asOfMs);
  for (const settlement of shown) calendar.createEvent({ ...eventOf(settlement), stamp });
  const text = calendar.toString() + LINE_END;
  // Not added by the library, which puts properties after it: RFC 5545 wants all of them before components.
  return shown.length === 0 ? text.replace(END, UTC_ZONE + END) : text;
}

/** The names are from a closed set, so they need no escaping (see the description). */
function missingText(missing: readonly MissingExchange[]): string {
  const names = missing.map(({ exchange }) => exchange);
  return names.length === 0 ? "" : ` Exchanges that are missing now: ${names.join(" ")}.`;
}

/** Without an end an event has no duration (RFC 5545 3.6.1) and does not mark anyone as busy. */
function eventOf({ row, settlesAt, intervalHours, rate, rateSource }: Settlement): ICalEventData {
  const { record } = row;
  const pct = rate === null ? null : fractionToPct(rate);
  const annualPct = rate === null ? null : annualizedPct(rate, intervalHours);
  const lines = [
    `${record.exchangeSymbol} on ${record.exchange}`,
    rate === null ? "Rate: not known yet" : `Rate: ${signed(pct, 6)} % (${rateSource})`,
    `Annualised: ${annualPct === null ? "unknown" : `${signed(annualPct, 2)} %`}`,
    `Open interest: ${dollars(record.openInterestUsd)}`,
    `Every ${intervalHours} h`,
    ...marksText(row.flags),
  ];
  return {
    id: eventId(record.uid, settlesAt),
    start: new Date(settlesAt * 1000),
    summary: `${record.base} funding on ${record.exchange}: ${rateText(pct)}`,
    description: lines.join("\n"),
    transparency: ICalEventTransparency.TRANSPARENT,
  };
}

/** Flags in plain words, as on the front page; empty without flags. */
function marksText(flags: FlagBits): readonly string[] {
  const names = flagNames(flags).map((flag) => flag.replaceAll("_", " "));
  return names.length === 0 ? [] : [`Marks: ${names.join(", ")}`];
}

/**
 * The library does not escape ids, and an exchange's symbol may contain anything: characters that end a line are
 * encoded.
 */
function eventId(uid: string, settlesAt: number): string {
  const slot = Math.round(settlesAt / SLOT_SECONDS) * SLOT_SECONDS;
  return `${encodeURIComponent(uid.toWellFormed())}-${slot}@funding-finder`;
}

function rateText(pct: number | null): string {
  if (pct === null) return "rate not known yet";
  const payer = pct > 0 ? "longs pay" : pct < 0 ? "shorts pay" : "neither side pays";
  return `${signed(pct, 4)} % (${payer})`;
}

function signed(value: number | null, digits: number): string {
  if (value === null) return "unknown";
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function dollars(usd: number | null): string {
  return usd === null ? "unknown" : `${WHOLE.format(usd)} USD`;
}
