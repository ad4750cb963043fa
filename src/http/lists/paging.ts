import type { ExchangeId, MissingExchange } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { NamesFound } from "../../services/finder/asset-lookup.ts";
import type { Pauses } from "../../lib/pauses.ts";
import { type Coverage, coverageOf } from "../../services/board/coverage.ts";
import type { AnswerContent } from "../answers/answer.ts";
import { canonicalQuery, type ReadParams } from "../protocol/canonical-query.ts";
import { namesHeaders, namesMember } from "./asked-names.ts";
import type { Column } from "./columns.ts";
import { isoMoment, type Pickable, type Shown, type ShownAs, shownFields } from "./shown-fields.ts";
import { writtenList, type WrittenTexts } from "./content.ts";
import { decodeCursor, encodeCursor, hashQuery } from "./cursor.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import type { Format } from "../protocol/list-format.ts";
import { coverageHeaders, noData } from "../openapi/missing-exchanges.ts";
import { ApiError } from "../protocol/problem.ts";
import type { Says } from "../protocol/routing.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { secondsOf } from "./row-fields.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { thresholdHeader, thresholdMember } from "./thresholds.ts";

/** What a query selects: an array, or a list that makes the items of a page when it is asked for them. */
interface Selected<Item> {
  readonly length: number;
  slice(from: number, to: number): readonly Item[];
}

/** What of a list is shown, and when the event loop is to come round while it is selected. */
interface Part {
  /** The place behind the last item of the page; infinite where all are shown. */
  readonly end: number;
  readonly pauses: Pauses;
}

/** One list of the API as a function of a snapshot. */
export interface ListAnswer<Item, Row, Head extends object = object> {
  /** Names the list and the file that it is saved as: "funding-current". */
  readonly name: string;
  /** What decides the list besides the parameters, as the fees of this installation do; a value of JSON. */
  readonly besides?: unknown;
  /** What the names in `base` stand for, see `withNames`; null or unset: themselves. */
  readonly names?: NamesFound | null;
  /** Where its pages are; unset: at the path of the route. */
  readonly path?: string;
  /** All that match, in order as far as the part that is shown. Long work comes in parts. */
  readonly select: (snapshot: Snapshot, part: Part) => Selected<Item> | Promise<Selected<Item>>;
  /** `fetchedAt` is the snapshot's time in unix seconds, `ofExchanges` how many exchanges are asked. */
  readonly toRow: (item: Item, fetchedAt: number, ofExchanges: number) => Row;
  /** A function where the columns depend on what the snapshot holds. */
  readonly columns: readonly Column<Row>[] | ((snapshot: Snapshot) => readonly Column<Row>[]);
  /** What `fields` may name, where that is more than the columns. */
  readonly pickable?: (snapshot: Snapshot) => Pickable<Row>;
  /** Which exchanges are asked and missing, where more than `exchange` and `exclude` decides it. */
  readonly coverage?: (snapshot: Snapshot) => Coverage;
  /** More members of the JSON envelope. */
  readonly head?: (snapshot: Snapshot, ofExchanges: number) => Head;
  /** The same for formats that have rows alone. */
  readonly headers?: (snapshot: Snapshot) => FixedHeaders;
  /** Writes items from kept texts, at the unix seconds of their snapshot: the same text as from `toRow` and `columns`. */
  readonly texts?: (fetchedAt: number) => WrittenTexts<Item>;
  /** Its rows are no listings: it has something to say also where no exchange delivers. */
  readonly isOfListings?: false;
}

/**
 * The parameters of a request as they were read, with their defaults. All of them name the answer, so that those which
 * are read alike have one; lists of one page have no cursor.
 */
export type ListRequest = ReadParams &
  Partial<ShownAs> & {
    readonly format: Format | null;
    readonly bom?: "0" | "1";
    readonly limit?: number | null;
    readonly cursor?: string | null;
    /** Which exchanges are asked; unset or null: all that are collected, and none left out. */
    readonly exchange?: readonly ExchangeId[] | null;
    readonly exclude?: readonly ExchangeId[] | null;
  };

/** What a page of a list says in JSON, besides its own head and its thresholds. */
interface ListBody<Row> {
  fetched_at: number;
  snapshot: string;
  count: number;
  total: number;
  missing: MissingExchange[];
  rows: Row[];
  next_cursor: string | null;
}

interface Page {
  readonly offset: number;
  /** Null: all that are left. */
  readonly limit: number | null;
  readonly queryHash: string;
}

/** Which part of a list and how it is written is no part of the question. */
const NO_FORM = { limit: null, cursor: null, format: null, fields: null, time: null, bom: null };

/** How one page is sent. */
interface PageForm {
  readonly format: Format;
  readonly vary: string;
  readonly params: ListRequest;
  /** How it shows its rows, and what it says of names: what is shown in the same way has the same text. */
  readonly shownAs: string;
  /** Its address without a cursor, in the one spelling that all queries like it have. */
  readonly address: string;
}

/**
 * Sends one page of a list in the asked format: of the cursor's snapshot, else of the current one. Throws the 503
 * problem `no_data` where no asked exchange delivers and none has a row left.
 */
export function sendList<Item, Row extends object, Head extends object>(
  answers: SnapshotAnswers,
  c: { readonly req: { readonly raw: Request }; readonly env: RequestContext },
  params: ListRequest,
  list: ListAnswer<Item, Row, Head>,
): Says<ListBody<Row> & Head> | Promise<Says<ListBody<Row> & Head>> {
  const asked = canonicalQuery({ ...params, ...NO_FORM });
  const canonical = JSON.stringify([list.name, asked, list.besides ?? null]);
  const { snapshot, page } = pageOf(answers, params, hashQuery(canonical));
  const coverage = list.coverage?.(snapshot) ?? coverageOf(snapshot, params);
  if (coverage.hasNothing && list.isOfListings !== false) throw noData(coverage.missing);
  const format = params.format ?? c.env.accepts;
  const { fields, time, bom } = params;
  const shownAs = canonicalQuery({ fields, time, bom }) + JSON.stringify(list.names ?? null);
  const form: PageForm = {
    format,
    // What a parameter decides depends on no header: a shared cache keeps one form instead of one per browser.
    vary: params.format === null ? "Accept, Accept-Encoding" : "Accept-Encoding",
    params,
    shownAs,
    // Of what was read, not of the address: whoever asks the same in other words is given this answer, too.
    address: `${list.path ?? c.env.route}?${canonicalQuery({ ...params, cursor: null })}`,
  };
  const limit = page.limit ?? "all";
  const query = `${canonical} ${page.offset} ${limit} ${params.format ?? "accepts"} ${format} ${shownAs}`;
  const onNext = () => answers.pin(snapshot);
  const make = (): AnswerContent | Promise<AnswerContent> => {
    const end = page.offset + (page.limit ?? Number.POSITIVE_INFINITY);
    const selected = list.select(snapshot, { end, pauses: answers.pauses() });
    const write = (all: Selected<Item>): AnswerContent =>
      pageContent(snapshot, list, all, page, { ...form, coverage, onNext });
    return selected instanceof Promise ? selected.then(write) : write(selected);
  };
  return answers.respond(c.req.raw, c.env, { snapshot, query, make });
}

/** The page that is asked for and the snapshot it belongs to. */
function pageOf(
  answers: SnapshotAnswers,
  params: ListRequest,
  queryHash: string,
): { snapshot: Snapshot; page: Page } {
  const current = answers.current();
  const { limit = null } = params;
  const text = params.cursor ?? null;
  if (text === null) return { snapshot: current, page: { offset: 0, limit, queryHash } };
  const cursor = decodeCursor(text);
  if (cursor === null) throw badCursor("is not a cursor of this service");
  if (cursor.queryHash !== queryHash)
    throw badCursor("belongs to another query: send it with the parameters of its first page");
  const snapshot = answers.byId(cursor.snapshotId);
  if (snapshot === null)
    throw new ApiError("cursor_expired", "Start again without a cursor: its snapshot is gone.");
  return { snapshot, page: { offset: cursor.offset, limit, queryHash } };
}

/** Throws bad_cursor for an offset that lies behind the end. */
function pageContent<Item, Row extends object>(
  snapshot: Snapshot,
  list: ListAnswer<Item, Row>,
  selected: Selected<Item>,
  { offset, limit, queryHash }: Page,
  form: PageForm & { readonly coverage: Coverage; readonly onNext: () => void },
): AnswerContent {
  // A cursor of ours always points before the end; one that does not was made up.
  if (offset > 0 && offset >= selected.length) throw badCursor("points behind the last row");
  const end = Math.min(selected.length, offset + (limit ?? selected.length));
  const items = selected.slice(offset, end);
  const shown = shownRows(list, snapshot, form.params);
  const fetchedAt = secondsOf(snapshot.asOfMs);
  const { coverage } = form;
  const { missing, asked } = coverage;
  const toRow = (item: Item): Row => list.toRow(item, fetchedAt, asked);
  const next =
    end < selected.length
      ? encodeCursor({ snapshotId: snapshot.id, queryHash, offset: end })
      : null;
  if (next !== null) form.onNext();
  const { format, vary } = form;
  const head = {
    fetched_at: momentOf(fetchedAt, form.params),
    snapshot: snapshot.id,
    count: items.length,
    total: selected.length,
    missing,
    ...namesMember(list.names ?? null),
    ...thresholdMember(form.params),
    ...list.head?.(snapshot, asked),
  };
  const file = { total: selected.length, next, coverage, names: list.names ?? null };
  const more = format === "json" ? {} : list.headers?.(snapshot);
  const rows = rowForm(items, shown, toRow);
  return writtenList({
    // What a snapshot and a query determine, except in another release: fields tell those apart.
    name: [snapshot.id, queryHash, offset, end, format, Object.keys(head), rows, form.shownAs].join(
      " ",
    ),
    format,
    vary,
    headers: { ...listHeaders(list.name, snapshot, file, form), ...more },
    head,
    items,
    toRow,
    ...shown,
    texts: isWhole(form.params) ? list.texts?.(fetchedAt) : null,
    hasBom: form.params.bom === "1",
    tail: { next_cursor: next },
  });
}

/** Throws the problem of a field that the list does not have. */
function shownRows<Item, Row extends object>(
  { columns, pickable }: Pick<ListAnswer<Item, Row>, "columns" | "pickable">,
  snapshot: Snapshot,
  params: ListRequest,
): Shown<Row> {
  const all = typeof columns === "function" ? columns(snapshot) : columns;
  const { fields = null, time = "unix" } = params;
  return shownFields(all, { fields, time }, fields === null ? undefined : pickable?.(snapshot));
}

/** Whether rows are shown with all fields, unconverted: kept texts are of such rows. */
function isWhole({ fields = null, time = "unix" }: ListRequest): boolean {
  return fields === null && time === "unix";
}

function momentOf(unixSeconds: number, { time }: ListRequest): number | string {
  return time === "iso" ? isoMoment(unixSeconds) : unixSeconds;
}

function rowForm<Item, Row>(
  items: readonly Item[],
  { columns }: Shown<Row>,
  toRow: (item: Item) => Row,
): string {
  const names = columns.map(({ name }) => name).join();
  return items[0] === undefined ? names : `${names} ${JSON.stringify(toRow(items[0]))}`;
}

/** What programs that keep files, or do not look into a body, are to know of it; formats without an envelope say it here alone. */
function listHeaders(
  name: string,
  { id, asOfMs }: Snapshot,
  {
    total,
    next,
    coverage,
    names,
  }: {
    readonly total: number;
    readonly next: string | null;
    readonly coverage: Coverage;
    readonly names: NamesFound | null;
  },
  { format, params, address }: PageForm,
): FixedHeaders {
  return {
    ...(format !== "json" && {
      "content-disposition": `attachment; filename="${name}-${id}.${format}"`,
      ...coverageHeaders(coverage),
      ...namesHeaders(names),
      ...thresholdHeader(params),
    }),
    "x-snapshot": id,
    "x-fetched-at": String(momentOf(secondsOf(asOfMs), params)),
    "x-total-count": String(total),
    ...(next === null ? {} : { link: `<${address}&cursor=${next}>; rel="next"` }),
  };
}

function badCursor(rule: string): ApiError {
  return new ApiError("bad_cursor", `The cursor ${rule}.`, {
    errors: [{ parameter: "cursor", rule }],
  });
}
