/**
 * Expected against present settlements of one instrument, from its listing to now, with the interval that held then.
 * Times are unix ms. The hours of a continuous contract are its slots, with an interval of one hour.
 */
import { isGivenUp, type PastTries } from "../../domain/ended-past.ts";
import { HOUR_MS, MAX_INTERVAL_HOURS } from "../../domain/funding.ts";
import { PUBLISHED_AFTER_MS, type SettlementOrigin } from "../../domain/settlement.ts";

/**
 * The state of an expected slot: charged as known; estimated from the last live rate; passed so recently that the
 * exchange may not have published it; still to be read; read, but missing from the exchange's answer, or not read before
 * the exchange stopped answering for a contract that has ended; older than anything the exchange has.
 */
export const SLOT_STATES = [
  "present",
  "estimated",
  "pending",
  "being_backfilled",
  "missing",
  "absent_at_source",
] as const;
export type SlotState = (typeof SLOT_STATES)[number];

export interface LedgerSlot {
  /** A whole minute. */
  readonly slotMs: number;
  /** The interval that ended there, from intervalsInForce; 1 for an accrued hour; null: unknown. */
  readonly intervalHours: number | null;
  /** Null for an accrued amount. */
  readonly origin: SettlementOrigin | null;
}

/** How far the past has been read: everything in [readFromMs, readToMs). */
export interface BackfillProgress extends PastTries {
  /** Null before the first page, as is `readToMs`. */
  readonly readFromMs: number | null;
  readonly readToMs: number | null;
  /** Whether there is nothing older to read. */
  readonly isComplete: boolean;
  /** The oldest payment that the exchange still has, if that is younger than the listing. */
  readonly availableFromMs: number | null;
}

export interface LedgerInput {
  /** Ascending, none twice. */
  readonly slots: readonly LedgerSlot[];
  /** As stated by the exchange; null: unknown. */
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When it was found delisted; null while it is listed. */
  readonly endedAtMs: number | null;
  readonly nowMs: number;
  /** If only a part of the past is given: slots after this are judged; null: since the listing. */
  readonly fromMs: number | null;
  /** Null: the exchange has no history. */
  readonly backfill: BackfillProgress | null;
}

/** Expected slots of one state at one distance from each other. */
export interface LedgerRange {
  readonly state: SlotState;
  readonly firstSlotMs: number;
  /** Inclusive. */
  readonly lastSlotMs: number;
  /** Null if nothing shows an interval; the bounds of what is not there are then times, not slots. */
  readonly intervalHours: number | null;
  /** How many slots; null without an interval. */
  readonly slots: number | null;
}

export interface GapLedger {
  /** Slots after this are expected. */
  readonly startMs: number;
  /** Ascending. */
  readonly ranges: readonly LedgerRange[];
  /** Slots by state; ranges without an interval do not count. */
  readonly counts: Readonly<Record<SlotState, number>>;
  /** Whether all of them are present. */
  readonly isComplete: boolean;
}

/** The ledger of one instrument. */
export function gapLedger(input: LedgerInput): GapLedger {
  const { slots } = input;
  const ranges = new RangeBuilder(input);
  const startMs = startOf(input);
  const endMs = endOf(input);
  let previousMs: number | null = null;
  for (const { slotMs, intervalHours, origin } of slots) {
    const stepMs = (intervalHours ?? 0) * HOUR_MS;
    // Half a step leaves room for a slot that is a minute off.
    const afterMs = previousMs === null ? startMs : previousMs + stepMs / 2;
    if (stepMs > 0) ranges.addAbsent(slotMs, stepMs, Math.ceil((slotMs - afterMs) / stepMs) - 1);
    else ranges.addUnknown(previousMs ?? startMs, slotMs);
    ranges.add(origin === "estimated" ? "estimated" : "present", slotMs, slotMs, stepMs, 1);
    previousMs = slotMs;
  }
  const stepMs = (slots.at(-1)?.intervalHours ?? 0) * HOUR_MS;
  if (stepMs > 0) {
    const lastMs = previousMs ?? Math.floor(startMs / stepMs) * stepMs;
    const count = Math.floor((endMs - lastMs) / stepMs);
    ranges.addAbsent(lastMs + (count + 1) * stepMs, stepMs, count);
  } else ranges.addUnknown(previousMs ?? startMs, Math.min(endMs, publishedMs(input)));
  return ranges.ledger(startMs);
}

/** Slots after this are expected. */
function startOf(input: LedgerInput): number {
  const { listedAtMs, fromMs, backfill } = input;
  const startMs = listedAtMs ?? firstKnownMs(input);
  // A complete past that its exchange did not end was ended by the settings: nothing before that is wanted.
  const isEnded = backfill?.isComplete === true && backfill.availableFromMs === null;
  const wantedMs = isEnded ? (backfill.readFromMs ?? startMs) - 1 : startMs;
  return Math.max(startMs, wantedMs, fromMs ?? startMs);
}

/** Since when an instrument without a stated listing time is known to exist. */
function firstKnownMs({ fromMs, firstSeenMs, slots, backfill }: LedgerInput): number {
  const firstSlotMs = slots[0]?.slotMs ?? firstSeenMs;
  if (backfill === null) return Math.min(firstSeenMs, firstSlotMs);
  const { isComplete, availableFromMs, readFromMs } = backfill;
  // One before the oldest payment: that one is expected, too.
  if (isComplete) return (availableFromMs ?? readFromMs ?? firstSlotMs) - 1;
  // Whether there is more before what has been read is not known yet.
  return fromMs ?? Math.min(firstSeenMs, firstSlotMs, readFromMs ?? firstSeenMs);
}

/** Slots up to this are expected. */
function endOf({ endedAtMs, nowMs, slots, backfill }: LedgerInput): number {
  if (endedAtMs === null) return nowMs;
  // An exchange's own history of a delisted contract ends with its last settlement, before we found it delisted.
  const isReadToEnd = (backfill?.readToMs ?? 0) >= endedAtMs;
  const lastSlotMs = slots.at(-1)?.slotMs;
  return isReadToEnd && lastSlotMs !== undefined ? lastSlotMs : Math.min(endedAtMs, nowMs);
}

/** Up to this slot the exchange has had time to publish what it charged. */
function publishedMs({ nowMs }: LedgerInput): number {
  return nowMs - PUBLISHED_AFTER_MS;
}

interface OpenRange {
  readonly state: SlotState;
  readonly firstSlotMs: number;
  lastSlotMs: number;
  readonly stepMs: number;
  slots: number;
}

/** Joins neighbours of one state and distance. */
class RangeBuilder {
  readonly #input: LedgerInput;
  /** The times at which the state of a slot that is not there may change. */
  readonly #bounds: readonly number[];
  readonly #ranges: LedgerRange[] = [];
  readonly #counts = {
    present: 0,
    estimated: 0,
    pending: 0,
    being_backfilled: 0,
    missing: 0,
    absent_at_source: 0,
  };
  #open: OpenRange | null = null;

  constructor(input: LedgerInput) {
    this.#input = input;
    const { readFromMs = null, readToMs = null, availableFromMs = null } = input.backfill ?? {};
    const pendingFromMs = publishedMs(input) + 1;
    this.#bounds = [readFromMs, readToMs, availableFromMs, pendingFromMs].filter(
      (bound) => bound !== null,
    );
  }

  /** `count` slots that are not there, the last of them one step before `beforeMs`. */
  addAbsent(beforeMs: number, stepMs: number, count: number): void {
    let left = count;
    while (left > 0) {
      const firstMs = beforeMs - left * stepMs;
      const state = this.#absentState(firstMs);
      // At most one round for each bound.
      const untilMs = Math.min(beforeMs, ...this.#bounds.filter((bound) => bound > firstMs));
      const alike = Math.ceil((untilMs - firstMs) / stepMs);
      this.add(state, firstMs, firstMs + (alike - 1) * stepMs, stepMs, alike);
      left -= alike;
    }
  }

  /** A stretch without a known interval: something is missing only where it is longer than the longest interval. */
  addUnknown(fromMs: number, toMs: number): void {
    const isShort = this.#input.slots.length > 0 && toMs - fromMs <= MAX_INTERVAL_HOURS * HOUR_MS;
    if (isShort || toMs <= fromMs) return;
    this.#close();
    const state = this.#absentState(fromMs);
    this.#ranges.push({
      state,
      firstSlotMs: fromMs,
      lastSlotMs: toMs,
      intervalHours: null,
      slots: null,
    });
  }

  add(
    state: SlotState,
    firstSlotMs: number,
    lastSlotMs: number,
    stepMs: number,
    slots: number,
  ): void {
    this.#counts[state] += slots;
    const open = this.#open;
    const isNext =
      open?.state === state && open.stepMs === stepMs && firstSlotMs - open.lastSlotMs === stepMs;
    if (open !== null && isNext) {
      open.lastSlotMs = lastSlotMs;
      open.slots += slots;
      return;
    }
    this.#close();
    this.#open = { state, firstSlotMs, lastSlotMs, stepMs, slots };
  }

  ledger(startMs: number): GapLedger {
    this.#close();
    return {
      startMs,
      ranges: this.#ranges,
      counts: this.#counts,
      isComplete: this.#ranges.every(({ state }) => state === "present"),
    };
  }

  #close(): void {
    const open = this.#open;
    if (open === null) return;
    const { state, firstSlotMs, lastSlotMs, stepMs, slots } = open;
    const intervalHours = stepMs > 0 ? stepMs / HOUR_MS : null;
    this.#ranges.push({ state, firstSlotMs, lastSlotMs, intervalHours, slots });
    this.#open = null;
  }

  #absentState(slotMs: number): SlotState {
    const { backfill, slots, endedAtMs, nowMs } = this.#input;
    if (slotMs > publishedMs(this.#input)) return "pending";
    if (backfill === null) {
      const firstSlotMs = slots[0]?.slotMs;
      return firstSlotMs === undefined || slotMs < firstSlotMs ? "absent_at_source" : "missing";
    }
    const { readFromMs, readToMs, isComplete, availableFromMs } = backfill;
    if (isComplete && availableFromMs !== null && slotMs < availableFromMs)
      return "absent_at_source";
    const isRead =
      readFromMs !== null &&
      readToMs !== null &&
      slotMs < readToMs &&
      (slotMs >= readFromMs || isComplete);
    const isLeft = endedAtMs !== null && isGivenUp(endedAtMs, backfill, nowMs);
    return isRead || isLeft ? "missing" : "being_backfilled";
  }
}

/** The part of a ledger's ranges with fromMs <= slot < toMs. */
export function rangesWithin(
  ranges: readonly LedgerRange[],
  fromMs: number,
  toMs: number,
): readonly LedgerRange[] {
  if (fromMs >= toMs) return [];
  return ranges.flatMap((range) => {
    const { firstSlotMs, lastSlotMs, intervalHours } = range;
    if (lastSlotMs < fromMs || firstSlotMs >= toMs) return [];
    if (intervalHours === null)
      return [
        {
          ...range,
          firstSlotMs: Math.max(firstSlotMs, fromMs),
          lastSlotMs: Math.min(lastSlotMs, toMs),
        },
      ];
    const stepMs = intervalHours * HOUR_MS;
    const skipped = Math.max(0, Math.ceil((fromMs - firstSlotMs) / stepMs));
    const firstMs = firstSlotMs + skipped * stepMs;
    const last = Math.floor((Math.min(lastSlotMs, toMs - 1) - firstSlotMs) / stepMs);
    const slots = last - skipped + 1;
    return slots > 0
      ? [{ ...range, firstSlotMs: firstMs, lastSlotMs: firstSlotMs + last * stepMs, slots }]
      : [];
  });
}

/** The ranges that an answer about fromMs <= slot < toMs lacks: none if it is complete. */
export function lackingWithin(
  { ranges }: GapLedger,
  fromMs: number,
  toMs: number,
): readonly LedgerRange[] {
  return rangesWithin(ranges, fromMs, toMs).filter(({ state }) => state !== "present");
}
