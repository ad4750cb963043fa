import {
  type Context,
  echo,
  oneOf,
  raw,
  refuse,
  secondsIn,
  TIME_BOUNDS,
} from "../protocol/query-text.ts";

/**
 * ISO 8601: a date, or a date and a time with its zone. A plus sign that was not percent-encoded arrives as a space.
 */
const ISO =
  /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|([+ -])([01]\d|2[0-3]):?([0-5]\d)))?$/i;

const MINUTE_MS = 60_000;

/**
 * A moment in whole unix seconds or as ISO 8601; a date is its first second in UTC. Unset: null. Without an example, as
 * none stays valid: the interactive documentation would send it.
 */
export function momentParam(description: string) {
  return raw
    .transform((value, context): number | null => {
      const text = oneOf(value, context);
      return text === null ? null : momentIn(text, context);
    })
    .meta({
      type: "string",
      minLength: 1,
      description: `${description} Unix seconds, or ISO 8601: 2026-11-02, 2026-11-02T12:00Z, 2026-11-02T14:00:05+02:00.`,
    });
}

function momentIn(text: string, context: Context): number {
  if (/^\d+$/.test(text)) return secondsIn(text, context);
  const seconds = isoSeconds(text);
  if (seconds !== null && seconds >= TIME_BOUNDS.min && seconds <= TIME_BOUNDS.max) return seconds;
  refuse(
    context,
    `${echo(text)} must be unix seconds, or a date or time with its zone such as 2026-11-02T12:00:00Z`,
  );
  return TIME_BOUNDS.min;
}

/** Fractions of a second are dropped; null for a text that is no such time, or a day that no month has. */
function isoSeconds(text: string): number | null {
  const [found, date = "", time = "00:00", second = "00", sign, hours, minutes] =
    ISO.exec(text) ?? [];
  if (found === undefined) return null;
  const utc = new Date(`${date}T${time}:${second}Z`);
  // Without this the 31st of a shorter month would be a day of the next one.
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(`${date}T${time}:${second}`))
    return null;
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
  return Math.floor((utc.getTime() + (sign === "-" ? offsetMs : -offsetMs)) / 1000);
}
