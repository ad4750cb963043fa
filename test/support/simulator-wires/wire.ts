import type { ExchangeName } from "../../../src/simulator/listing.ts";
import type { DemoRequest } from "../simulator.ts";

type Path = readonly (string | number)[];

/** One request, where its rows are, and the keys of a row that the exchange's description uses. */
export interface WirePayload {
  readonly request: DemoRequest;
  /** Where the list of rows is; a payload that is one object has `one` instead. Positional rows are arrays. */
  readonly rows?: Path;
  readonly one?: Path;
  /** Keys that every row has, separated by spaces; empty for positional rows. */
  readonly keys: string;
  /** Recorded files of this request whose JSON types and wrapping are compared. */
  readonly recorded?: readonly string[];
  /** A row's names for its rate, its prices and its time, given if faults of rows are tested one by one. */
  readonly rates?: {
    readonly rate: string;
    readonly prices: readonly string[];
    readonly stamps: readonly string[];
  };
}

/** A wrong request and the exchange's refusal. */
export interface WireRefusal {
  readonly request: DemoRequest;
  readonly status: number;
  /** What the body contains, at least; a text body contains this text. */
  readonly body: unknown;
}

/** One exchange's wire according to its documentation, written independently of the simulator's own code. */
export interface DemoWire {
  readonly exchange: ExchangeName;
  /** Instruments that a correct reader shows at full scale, within 5 %. */
  readonly shown: number;
  /** Reasons (as in truth's `skipped`) for which some symbol on the wire must not be shown. */
  readonly skipped: readonly string[];
  readonly payloads: readonly WirePayload[];
  readonly refusals: readonly WireRefusal[];
}
