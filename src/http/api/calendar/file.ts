import { ICalCalendar, ICalEventTransparency, type ICalEventData } from "ical-generator";
import { type FlagBits, flagNames } from "../../../domain/flags.ts";
import { annualizedPct, fractionToPct } from "../../../domain/funding.ts";
import type { Snapshot } from "../../../domain/market.ts";
import type { MissingExchange } from "../../../domain/exchange.ts";
import type { Settlement, Settlements } from "../../../services/finder/calendar.ts";

/** Calendar programs slow down with more, and a person reads far fewer. */
export const MAX_EVENTS = 1_000;

/** How often a program should ask again. */
const REFRESH_SECONDS = 3_600;

/** Settlement times jitter below a minute; an event that is the same one must keep its name. */
const SLOT_SECONDS = 60;

/** RFC 5545 3.1: every line ends so, also the last one, which the library leaves open. */
const LINE_END = "\r\n";

/** RFC 5545 3.6: a calendar has a component. With no settlement ahead it is the time zone of those to come. */
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

/** The nearest settlements as a calendar of RFC 5545; a function of its arguments alone. */
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
    // The library writes this text as it is: it must hold neither comma, semicolon nor backslash.
    description: `Funding settlements of perpetuals. Positive rate: longs pay shorts. The nearest ${shown.length} are here and ${left} later ones are left out.${missingText(missing)}`,
    ttl: REFRESH_SECONDS,
  });
  const stamp = new Date(snapshot.asOfMs);
  for (const settlement of shown) calendar.createEvent({ ...eventOf(settlement), stamp });
  const text = calendar.toString() + LINE_END;
  // Not by the library, which writes properties behind it: RFC 5545 wants all of them before.
  return shown.length === 0 ? text.replace(END, UTC_ZONE + END) : text;
}

/** The names are of a closed set, hence as the description must be. */
function missingText(missing: readonly MissingExchange[]): string {
  const names = missing.map(({ exchange }) => exchange);
  return names.length === 0 ? "" : ` Exchanges that are missing now: ${names.join(" ")}.`;
}

/** Without an end an event lasts no time (RFC 5545 3.6.1), and it makes nobody look busy. */
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

/** Words for a person, like those of the page; nothing of a row without a flag. */
function marksText(flags: FlagBits): readonly string[] {
  const names = flagNames(flags).map((flag) => flag.replaceAll("_", " "));
  return names.length === 0 ? [] : [`Marks: ${names.join(", ")}`];
}

/** The library writes ids as they are, and an exchange's symbol may hold anything: what could end a line is encoded. */
function eventId(uid: string, settlesAt: number): string {
  const slot = Math.round(settlesAt / SLOT_SECONDS) * SLOT_SECONDS;
  return `${encodeURIComponent(uid.toWellFormed())}-${slot}@funding-finder`;
}

function rateText(pct: number | null): string {
  if (pct === null) return "rate not known yet";
  const payer = pct > 0 ? "longs pay" : pct < 0 ? "shorts pay" : "nobody pays";
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
