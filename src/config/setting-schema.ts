import { isIP } from "node:net";
import { z } from "zod";
import { asWritten, nearestName } from "../lib/nearest.ts";
import { Secret } from "../lib/secret.ts";

/** Bits of an address by IP version. */
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** Enough for all our settings and exact in a double. */
const MAX_DIGITS = 9;

/** A whole number from `min` to `max`, in plain digits: no sign, point, exponent or space. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const value = /^\d+$/.test(text) && text.length <= MAX_DIGITS ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue(`must be a whole number from ${min} to ${max}`);
    return z.NEVER;
  });
}

/** A whole number of seconds, as milliseconds. */
export function seconds({ min, max }: { readonly min: number; readonly max: number }) {
  return wholeNumber(min, max).transform((value) => value * 1000);
}

/** Like `schema`, but the value is redacted in logs. */
export function secret(schema: z.ZodType<string, string>): z.ZodType<Secret, string> {
  return schema.transform((text) => new Secret(text));
}

/** An http or https origin, returned without a trailing slash: no path, query, fragment or credentials. */
export function origin(): z.ZodType<string, string> {
  return z.string().transform((text, context) => {
    const url = httpUrl(text);
    if (
      url &&
      url.pathname === "/" &&
      url.username === "" &&
      url.password === "" &&
      !/[?#]/.test(text)
    ) {
      return url.origin;
    }
    context.addIssue("must be an http or https origin without a path, such as https://example.org");
    return z.NEVER;
  });
}

/** An http or https URL, returned as written. */
export function webAddress(): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => httpUrl(text) !== null, { error: "must be an http or https URL" });
}

/**
 * A comma-separated list without surrounding spaces and duplicates. At least one item, all of them `valid`. If the valid
 * ones are a closed set, `names`, they are read in any case, and the nearest is offered for an unknown one.
 */
export function listOf<T extends string>(
  what: string,
  valid: (text: string) => text is T,
  names: readonly string[] = [],
): z.ZodType<readonly T[], string> {
  return z.string().transform((text, context) => {
    const members = [...new Set(asWritten(names, splitList(text)))];
    const known = members.filter((member) => valid(member));
    const unknown = members.filter((member) => !valid(member));
    if (members.length > 0 && unknown.length === 0) return known;
    context.addIssue(
      unknown.length > 0
        ? `unknown ${what}: ${unknown.join(", ")}${nearestOf(unknown, names)}`
        : `must name at least one ${what}`,
    );
    return z.NEVER;
  });
}

/** Suffix with the nearest of `names` for each text that is near one. */
function nearestOf(texts: readonly string[], names: readonly string[]): string {
  const near = new Set(texts.flatMap((text) => nearestName(text, names) ?? []));
  return near.size === 0 ? "" : `; did you mean ${[...near].join(", ")}?`;
}

/** Whether `text` can be the name of an asset: letters and digits of any script, as exchanges have them, and few marks. */
export function isAssetName(text: string): text is string {
  return /^[\p{L}\p{N}][\p{L}\p{N}._~-]{0,31}$/u.test(text);
}

/** Whether `text` is an IP address or a CIDR range of either version. */
export function isNetwork(text: string): text is string {
  const [address = "", prefix, ...rest] = text.split("/");
  const bits = ADDRESS_BITS[isIP(address)];
  if (bits === undefined || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

function httpUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url : null;
}
