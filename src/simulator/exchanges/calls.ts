import type { Listing } from "../listing.ts";
import { collectTruth, type TrueInstrument } from "../truth.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type PayloadKind,
  type WireError,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireList,
} from "../wire.ts";
import { reasonsByMark } from "./skip-marks.ts";

type Wrap = (rows: readonly WireRow[], view: MarketView) => unknown;

/** A GET whose response has rows of listings. */
interface Call {
  readonly kind: PayloadKind;
  /** Which listings have a row; absent: those on the wire. */
  readonly has?: (listing: Listing) => boolean;
  readonly row: (listing: Listing, view: MarketView) => WireRow;
  /** The envelope of its rows, if it differs from the other calls'. */
  readonly wrap?: Wrap;
  /** How a single instrument can be requested by its symbol. */
  readonly one?: OneOf;
}

interface OneOf {
  /** The query parameter with the symbol. */
  readonly query: string;
  readonly unknown: WireError;
  /** The envelope of a single row, if it differs from a list's. */
  readonly wrap?: (row: WireRow | undefined) => unknown;
}

interface CallsAndTruth extends Omit<ExchangeEncoder, "route" | "truth" | "usual"> {
  /** By path. */
  readonly calls: Readonly<Record<string, Call>>;
  readonly wrap: Wrap;
  /** The response to any other request. */
  readonly notFound: WireError;
  /** Which listings exist at all; absent: all that were not delisted. */
  readonly onWire?: (listing: Listing) => boolean;
  /** Other requests, tried before the calls; null if a request is none of them. */
  readonly otherRoute?: (request: WireRequest) => WireReply | null;
  /** Marks of listings by which they are skipped, if state and product do not suffice. */
  readonly skipMarks?: readonly string[];
  /** What a correct reader makes of a listing that must be shown. */
  readonly show: (listing: Listing, view: MarketView) => TrueInstrument;
  /** The requests of a refresh, if they are not simply all calls. */
  readonly usual?: ExchangeEncoder["usual"];
}

/** The encoder of an exchange whose requests are GETs of lists: each path has a call. */
export function encoderOfCalls(parts: CallsAndTruth): ExchangeEncoder {
  const { calls, wrap, notFound, otherRoute, show, usual, skipMarks = [], ...rest } = parts;
  const onWire = parts.onWire ?? wasNotDelisted;
  return {
    ...rest,
    route: (request) =>
      otherRoute?.(request) ?? answerOf(request, { calls, wrap, notFound, onWire }),
    truth: (view) => {
      const known = collectTruth(view.listings, onWire, (listing) => show(listing, view));
      return reasonsByMark(known, view.listings, skipMarks);
    },
    usual: usual ?? Object.keys(calls).map((path) => ({ path })),
  };
}

const wasNotDelisted = (listing: Listing): boolean => listing.state !== "gone";

function answerOf(
  { method, host, path, query }: WireRequest,
  parts: Required<Pick<CallsAndTruth, "calls" | "wrap" | "notFound" | "onWire">>,
): WireReply {
  const call = Object.hasOwn(parts.calls, path) ? parts.calls[path] : undefined;
  if (call === undefined || method !== "GET" || host !== null) return parts.notFound;
  const { kind, row, one, has = parts.onWire, wrap = parts.wrap } = call;
  const symbol = one === undefined ? null : query.get(one.query);
  const isAsked = (listing: Listing): boolean => symbol === null || listing.symbol === symbol;
  const list = wireList(
    kind,
    `${path}?${symbol ?? ""}`,
    (view) =>
      view.listings
        .filter((listing) => has(listing) && isAsked(listing))
        .map((listing) => row(listing, view)),
    wrap,
  );
  if (one === undefined || symbol === null) return list;
  const wrapOne = one.wrap;
  return {
    ...list,
    ...(wrapOne === undefined ? {} : { wrap: (rows) => wrapOne(rows[0]) }),
    whenEmpty: one.unknown,
  };
}
