/**
 * Exact sums of decimal texts: 0.1 + 0.2 is 0.3. Exchanges publish rates as decimals, which binary numbers cannot hold.
 */
import { roundPct } from "./percent.ts";

/** The value units / 10^scale. */
export interface Decimal {
  readonly units: bigint;
  /** A whole number from 0 on. */
  readonly scale: number;
}

/** No figure of an exchange is longer; a longer text would cost time only. */
const MAX_TEXT_LENGTH = 100;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads "0.0001", "-.5", "1.5e-7", "0E-18"; null for anything else. Keeps every digit. */
export function parseDecimal(text: string): Decimal | null {
  if (text.length > MAX_TEXT_LENGTH) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (whole === "" && fraction === "") return null;
  const magnitude = BigInt(whole + fraction);
  const units = sign === "-" ? -magnitude : magnitude;
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

/** The plain notation without trailing zeros: "0.00005", "-12", "0". */
export function decimalText({ units, scale }: Decimal): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, "");
  const text = fraction === "" ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
  return units < 0n ? `-${text}` : text;
}

/** The closest double. */
export function decimalNumber({ units, scale }: Decimal): number {
  return Number(`${units}e${-scale}`);
}

/** A fraction in percent: the exact percentage, rounded once to the 15 digits of roundPct. */
export function decimalPct({ units, scale }: Decimal): number {
  return roundPct(Number(`${units}e${2 - scale}`));
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale };
}

export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  return addDecimals(left, { units: -right.units, scale: right.scale });
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return wanted === scale ? units : units * 10n ** BigInt(wanted - scale);
}

/** A text of this many characters has at most 15 digits, which are those of its number. */
const MAX_SHORT_TEXT = 15;

/** A decimal that is added several times: its number, if that stands for the same decimal. */
export function shortestForm(decimal: string | number): string | number {
  return typeof decimal === "string" && decimal !== "" && decimal.length <= MAX_SHORT_TEXT
    ? Number(decimal)
    : decimal;
}

export type Sign = -1 | 0 | 1;

/** The two parts of the fast path hold this many decimals each. */
const PLACES = 12;
const STEP = 1e12;
/** Decimals with more digits may share a double with others. */
const CERTAIN = 1e15;
/** The parts are moved on from here, far below the 2^53 up to which doubles are exact. */
const FULL = 4e15;
/** A larger whole part takes the slow path. */
const MAX_WHOLE = 1000;
const POWERS_OF_TEN = Array.from({ length: PLACES + 1 }, (_, power) => 10 ** power);

const CODE = { minus: 45, point: 46, zero: 48, nine: 57 } as const;

/**
 * A running sum of decimals, exact for any number of them and any scale. Up to 24 decimals and three digits before the
 * point, as in nearly all rates, no big integers are needed: ten million a second.
 */
export class DecimalSum {
  /** In units of 1e-12 and of 1e-24: whole numbers that a double holds exactly. */
  #high = 0;
  #low = 0;
  /** What does not fit there. */
  #rest: Decimal | null = null;

  /**
   * Adds a decimal text, or the number whose shortest text it is; subtracts it if `factor` is -1. Returns the sign of
   * what was added. Throws a RangeError for anything but a decimal number.
   */
  add(decimal: string | number, factor: 1 | -1 = 1): Sign {
    const sign = typeof decimal === "number" ? this.#addNumber(decimal, factor) : null;
    return sign ?? this.#addText(String(decimal), factor);
  }

  /** The exact sum. */
  get value(): Decimal {
    const parts = { units: BigInt(this.#high) * BigInt(STEP) + BigInt(this.#low), scale: 24 };
    return this.#rest === null ? parts : addDecimals(parts, this.#rest);
  }

  /** The sum as a double, at most two units in the last place off: for running figures that are rounded afterwards. */
  toNumber(): number {
    const number = this.#high / STEP + this.#low / STEP / STEP;
    return this.#rest === null ? number : number + decimalNumber(this.#rest);
  }

  /** Null if the text is needed. Up to 15 digits the decimal is determined by its double. */
  #addNumber(number: number, factor: 1 | -1): Sign | null {
    const units = Math.round(number * STEP);
    if (units / STEP !== number || Math.abs(units) >= CERTAIN) return null;
    this.#addParts(units * factor, 0);
    return signOf(units * factor);
  }

  #addText(text: string, factor: 1 | -1): Sign {
    const isNegative = text.charCodeAt(0) === CODE.minus;
    let whole = 0;
    let high = 0;
    let low = 0;
    let places = -1;
    for (let index = isNegative ? 1 : 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === CODE.point && places < 0) {
        places = 0;
        continue;
      }
      if (code < CODE.zero || code > CODE.nine) return this.#addAny(text, factor);
      const digit = code - CODE.zero;
      if (places < 0) whole = whole * 10 + digit;
      else {
        if (places < PLACES) high = high * 10 + digit;
        else low = low * 10 + digit;
        places += 1;
      }
    }
    const lowPlaces = Math.max(0, places - PLACES);
    const isPlain = whole < MAX_WHOLE && lowPlaces <= PLACES && text.length > (isNegative ? 2 : 1);
    if (!isPlain) return this.#addAny(text, factor);
    const highPlaces = Math.max(0, Math.min(places, PLACES));
    const units = whole * STEP + high * powerOfTen(PLACES - highPlaces);
    const sign = isNegative ? -factor : factor;
    const lowUnits = low * powerOfTen(PLACES - lowPlaces);
    this.#addParts(sign * units, sign * lowUnits);
    return signOf(sign * (units === 0 ? lowUnits : units));
  }

  #addAny(text: string, factor: 1 | -1): Sign {
    const decimal = parseDecimal(text);
    if (decimal === null) throw new RangeError(`not a decimal number: ${text.slice(0, 40)}`);
    const units = factor === 1 ? decimal.units : -decimal.units;
    this.#addRest({ units, scale: decimal.scale });
    return units > 0n ? 1 : units < 0n ? -1 : 0;
  }

  #addParts(high: number, low: number): void {
    this.#high += high;
    this.#low += low;
    if (Math.abs(this.#low) >= FULL) {
      const carried = Math.trunc(this.#low / STEP);
      this.#low -= carried * STEP;
      this.#high += carried;
    }
    if (Math.abs(this.#high) >= FULL) {
      this.#addRest({ units: BigInt(this.#high), scale: PLACES });
      this.#high = 0;
    }
  }

  #addRest(decimal: Decimal): void {
    this.#rest = this.#rest === null ? decimal : addDecimals(this.#rest, decimal);
  }
}

function signOf(value: number): Sign {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

/** Every caller guarantees a whole number from 0 to PLACES. */
function powerOfTen(power: number): number {
  return POWERS_OF_TEN[power] as number;
}
