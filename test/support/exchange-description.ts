import type { Quote, RejectReason } from "../../src/domain/quote.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import type { RequestFailureKind } from "../../src/lib/request-failure.ts";
import type { Bodies } from "./memory-source.ts";
import type { Exemption } from "./mutations.ts";

/** A row of a payload, as an exchange sends it. */
export type Row = Readonly<Record<string, unknown>>;

type Path = readonly (string | number)[];

/** One reply of a refresh; its first row is that of the first quote. */
interface AnyPayload {
  /** The adapter's name for it when it requests it. */
  readonly name: string;
  /** The period on which it is requested; absent: every cycle. */
  readonly everyMs?: number;
  readonly request: string;
  readonly body: unknown;
  /** Where the list of its rows is, or an object of rows by name; a payload that is one row has `one` instead. */
  readonly rows?: Path;
  readonly one?: Path;
  /** Further lists of rows in the same reply, by name. */
  readonly moreRows?: Readonly<Record<string, Path>>;
  /** Keys of objects within a row, whose values are also changed one by one. */
  readonly parts?: readonly string[];
}

/**
 * Without an `essential` or an `instruments` a refresh fails; without another one its first quote loses the `lost`
 * values, and the instruments that only it `lists` are not shown.
 */
export type Payload = AnyPayload &
  (
    | { readonly kind: "essential" | "instruments" }
    | {
        readonly kind: "secondary" | "intervals";
        readonly lost: Partial<Quote>;
        readonly lists?: readonly string[];
        /** How many are expected without it, if it is a separate list. */
        readonly expected?: number;
      }
  );

/**
 * Requests of one instrument at a time: those that a refresh sends, in order, and the replies to them and to others.
 * Without any answer to a `sweep` a refresh fails; without one of them its instrument is not shown.
 */
export interface PerInstrument {
  readonly kind: "rotation" | "sweep";
  readonly name: string;
  readonly everyMs?: number;
  readonly bodies: Bodies;
  readonly requests: readonly string[];
  /** Where the list of rows of a reply is, or the one row. */
  readonly rows?: Path;
  readonly one?: Path;
}

/** Values of first rows that differ from the bodies, each by `payload.key` or `payload.part.key`. */
export type Changed = Readonly<Record<string, unknown>>;

/** The effect on the first quote: rejected with a reason, not shown, or shown with these values. */
type Outcome = RejectReason | "not shown" | Partial<Quote>;

/** A change of the first rows, and its effect on their quote; `atMs`: when the replies arrive, if it matters. */
export type Change = readonly [title: string, changed: Changed, outcome: Outcome, atMs?: number];

/** A body with HTTP 200 that is no answer, in place of each payload that a refresh needs, or of the named one. */
export type Failure = readonly [
  title: string,
  body: unknown,
  kind: RequestFailureKind,
  payload?: string,
];

/** A refresh of recorded replies; the others are `made` for them, or those of the description. */
export interface Recorded {
  readonly title: string;
  /** Files by payload. */
  readonly files: Readonly<Record<string, string>>;
  readonly made?: Readonly<Record<string, unknown>>;
  readonly atMs?: number;
  /** What the batch contains, at least; or how the refresh fails. */
  readonly yields: object | RequestFailureKind;
}

/** One exchange in its test file: replies of our own making, and what is read from them by hand. */
export interface ExchangeDescription {
  readonly exchange: Exchange;
  /** When all replies arrive. */
  readonly nowMs: number;
  /** In request order. */
  readonly payloads: readonly Payload[];
  readonly perInstrument?: PerInstrument | readonly PerInstrument[];
  /** How many requests are pending at a time; absent: as many as there are payloads. */
  readonly atOnce?: number;
  /** The reply to any other request; absent: a failure if instruments are requested one at a time. */
  readonly otherwise?: (request: string, bodies: Bodies) => unknown;
  readonly expected: number | null;
  readonly unlisted: number;
  /** All that are shown: the first with each value that is not null or usual, the others as far as they differ. */
  readonly quotes: readonly [Partial<Quote>, ...Partial<Quote>[]];
  /** What the first quote's rate was computed from, at least; `unknown` is a symbol that is not shown. */
  readonly explained: {
    readonly formula: string;
    readonly rows: Row;
    readonly unknown: string;
    /** The rows contain these values and no others: what is not read is not stored. */
    readonly isWhole?: true;
  };
  /** Keys, by payload, without which the kind of a row is unknown: each is null in turn, a bad_row. */
  readonly kindKeys?: Readonly<Record<string, string>>;
  readonly changes: readonly Change[];
  readonly failures: readonly Failure[];
  /** HTTP failures that the exchange classifies its own way: null where the general rule applies. */
  readonly classified?: readonly (readonly [
    status: number,
    body: string,
    kind: RequestFailureKind | null,
  ])[];
  /** Names of rows that are not mutated, with a reason next to them. */
  readonly unmutated?: readonly string[];
  /** What no reader could distinguish from a right value. */
  readonly exemptions: readonly Exemption[];
  readonly recorded?: readonly Recorded[];
}
