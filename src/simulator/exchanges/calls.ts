import type { Listing } from "../listing.ts";
import { collectTruth, namesOf, type Shown } from "../truth.ts";
import type {
  ExchangeEncoder,
  MarketView,
  PayloadKind,
  RateFields,
  WireError,
  WireList,
  WireReply,
  WireRequest,
  WireRow,
} from "../wire.ts";
import { type Asked, type CallAt, callFinder } from "./call-paths.ts";
import { inTurn } from "./in-turn.ts";
import { reasonsByMark } from "./skip-marks.ts";

export type { Asked } from "./call-paths.ts";

/** `total`: the rows of all pages together. */
type Wrap = (rows: readonly WireRow[], view: MarketView, asked: Asked, total: number) => unknown;
export type RowOf = (listing: Listing, view: MarketView, asked: Asked) => WireRow;

/** How the exchange answers one path: with a list of rows. */
export type Call = Answer & (OneRowEach | OwnRows | Past);

interface OneRowEach {
  readonly row: RowOf;
  readonly past?: undefined;
  readonly rows?: undefined;
  /** Which part of the rows is sent; absent: all. */
  readonly page?: (asked: Asked) => { readonly first: number; readonly size: number };
}

/** All rows at once, where there is not one for each listing. */
interface OwnRows {
  readonly rows: (view: MarketView, asked: Asked) => readonly WireRow[];
  readonly past?: undefined;
  readonly page?: undefined;
}

/** The page of what one instrument (`one`) was charged that a request asks for; empty for an unknown instrument. */
interface Past {
  readonly past: (listing: Listing, view: MarketView, asked: Asked) => readonly WireRow[];
  readonly one: OneOf;
  readonly row?: undefined;
  readonly rows?: undefined;
  readonly page?: undefined;
}

interface Answer {
  readonly kind: PayloadKind | ((asked: Asked) => PayloadKind);
  /** Absent: GET. */
  readonly method?: "POST";
  /** The exchange's refusal of a wrong request; null where the request is sound. */
  readonly refuse?: (asked: Asked) => WireError | null;
  /** Which listings have a row; absent: those on the wire. */
  readonly has?: (listing: Listing, asked: Asked) => boolean;
  /** The envelope of its rows, if it differs from the other calls'. */
  readonly wrap?: Wrap;
  /** The refusal in place of a list without rows. */
  readonly whenEmpty?: WireError;
  /** How a single instrument can be requested by its symbol. */
  readonly one?: OneOf;
  /** Headers on which the rows depend. */
  readonly headers?: readonly string[];
}

interface OneOf {
  /** The name that holds the symbol: in the query, in a POST's body or, as {name}, in the path. */
  readonly name: string;
  /** The refusal of a symbol that does not exist; absent: a list without rows. */
  readonly unknown?: WireError | ((symbol: string) => WireError);
  /** The refusal of a request without a symbol, where it is not answered with the whole list. */
  readonly missing?: WireError;
  /** Whether a listing is the requested one, if that is not its symbol. */
  readonly matches?: (listing: Listing, symbol: string, asked: Asked) => boolean;
  /** The envelope of a single row, if it differs from a list's. */
  readonly wrap?: (row: WireRow | undefined, view: MarketView) => unknown;
  /**
   * A refresh asks for every instrument in turn: row faults then go by its place among the live ones, and a reply
   * whose row a fault removed is the refusal.
   */
  readonly inTurn?: true;
}

interface CallsAndTruth extends Omit<ExchangeEncoder, "route" | "truth" | "usual" | "fields"> {
  /** `symbol`: the field that holds a row's symbol, or how to read it. */
  readonly fields: Omit<RateFields, "symbolOf"> & {
    readonly symbol: string | RateFields["symbolOf"];
  };
  /** By path, with {name} for a part that differs and `host:` before the path of a second host. */
  readonly calls: Readonly<Record<string, Call>>;
  /** The key of a request in `calls`, where requests differ by more than their path. */
  readonly callOf?: (request: WireRequest) => string;
  /** What is put around the rows; absent: nothing. */
  readonly wrap?: Wrap;
  /** The response to any other request. */
  readonly notFound: WireError | ((request: WireRequest) => WireError);
  /** The answer to another method on a known path; absent: `notFound`. */
  readonly wrongMethod?: WireError;
  /** Which listings are on the wire at all; absent: all that were not delisted. */
  readonly onWire?: (listing: Listing) => boolean;
  /** Marks of listings that are the reason for skipping them, where state and product do not suffice. */
  readonly skipMarks?: readonly string[];
  /** What a correct reader shows of a listing that is to be shown. */
  readonly show: (listing: Listing, view: MarketView) => Shown;
  /** The requests of a refresh, if they are not simply all calls but the history. */
  readonly usual?: ExchangeEncoder["usual"];
}

type Defaults = Required<Pick<CallsAndTruth, "wrap" | "onWire">>;

/** The encoder of an exchange, from the table of its calls and what a correct reader shows of it. */
export function encoderOfCalls(parts: CallsAndTruth): ExchangeEncoder {
  const {
    calls,
    callOf,
    wrap = asTheyAre,
    notFound,
    wrongMethod,
    show,
    usual,
    skipMarks = [],
    ...rest
  } = parts;
  const { symbol, ...fields } = parts.fields;
  const onWire = parts.onWire ?? wasNotDelisted;
  const find = callFinder(calls, callOf);
  const refusal = (request: WireRequest): WireError =>
    typeof notFound === "function" ? notFound(request) : notFound;
  return {
    ...rest,
    fields: {
      ...fields,
      symbolOf: typeof symbol === "function" ? symbol : (row) => String(row[symbol]),
    },
    route: (request) => {
      const found = find(request);
      if (found === null) return refusal(request);
      const isRightMethod = request.method === (found.call.method ?? "GET");
      return isRightMethod
        ? answer(request, found, { wrap, onWire })
        : (wrongMethod ?? refusal(request));
    },
    truth: (view) => {
      const known = collectTruth(view.listings, onWire, (listing) => ({
        ...namesOf(listing),
        ...show(listing, view),
      }));
      return reasonsByMark(known, view.listings, skipMarks);
    },
    usual: usual ?? refreshCalls(calls),
  };
}

function refreshCalls(calls: CallsAndTruth["calls"]): ExchangeEncoder["usual"] {
  return Object.entries(calls)
    .filter(([, { kind }]) => kind !== "history")
    .map(([path]) => ({ path }));
}

const asTheyAre: Wrap = (rows) => rows;

export const wasNotDelisted = (listing: Listing): boolean => listing.state !== "gone";

function answer(request: WireRequest, found: CallAt<Call>, defaults: Defaults): WireReply {
  const { call } = found;
  const { one, has = defaults.onWire } = call;
  const symbol = one === undefined ? null : found.valueOf(one.name);
  const asked: Asked = { ...request, symbol };
  const refusal = call.refuse?.(asked) ?? null;
  if (refusal !== null) return refusal;
  const hasRow = (listing: Listing): boolean => has(listing, asked);
  if (one === undefined || symbol === null)
    return one?.missing ?? listOf(call, asked, hasRow, defaults.wrap);
  const { matches = (listing: Listing) => listing.symbol === symbol } = one;
  // Each request for one instrument goes through all of them: the name first, which rules out nearly all.
  const isAsked = (listing: Listing): boolean => matches(listing, symbol, asked) && hasRow(listing);
  const list = listOf(call, asked, isAsked, defaults.wrap);
  // The past of an instrument may have no row in a range.
  const exists = (view: MarketView): boolean => view.listings.some(isAsked);
  return ofOne(call.past === undefined ? list : { ...list, exists }, one, symbol, isAsked);
}

function listOf(
  call: Call,
  asked: Asked,
  hasRow: (listing: Listing) => boolean,
  usualWrap: Wrap,
): WireList {
  const { wrap = usualWrap } = call;
  const page = call.page?.(asked) ?? null;
  const all = (view: MarketView): readonly Listing[] => view.listings.filter(hasRow);
  return {
    type: "list",
    kind: typeof call.kind === "function" ? call.kind(asked) : call.kind,
    key: keyOf(call, asked),
    ...(page === null ? {} : { firstIndex: page.first }),
    ...(call.whenEmpty === undefined ? {} : { whenEmpty: call.whenEmpty }),
    rows: (view) => {
      if (call.rows !== undefined) return [...call.rows(view, asked)];
      if (call.row === undefined)
        return all(view).flatMap((listing) => call.past(listing, view, asked));
      const sent = page === null ? all(view) : all(view).slice(page.first, page.first + page.size);
      return sent.map((listing) => call.row(listing, view, asked));
    },
    wrap: (rows, view) => wrap(rows, view, asked, page === null ? rows.length : all(view).length),
  };
}

/** Tells requests apart whose answers can differ. */
function keyOf({ headers = [] }: Call, asked: Asked): string {
  const { host, path, query, body } = asked;
  return JSON.stringify([
    host,
    path,
    query.toString(),
    body,
    ...headers.map((name) => asked.headers.get(name)),
  ]);
}

function ofOne(
  list: WireList,
  one: OneOf,
  symbol: string,
  isAsked: (listing: Listing) => boolean,
): WireList {
  const { wrap } = one;
  const unknown = typeof one.unknown === "function" ? one.unknown(symbol) : one.unknown;
  const reply: WireList = {
    ...list,
    ...(unknown === undefined ? {} : { whenEmpty: unknown }),
    ...(wrap === undefined ? {} : { wrap: ([row], view) => wrap(row, view) }),
  };
  return one.inTurn === undefined || unknown === undefined
    ? reply
    : inTurn(reply, isAsked, unknown);
}
