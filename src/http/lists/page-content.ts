import type { Snapshot } from "../../domain/market.ts";
import type { Coverage } from "../../services/board/coverage.ts";
import type { FileFormat } from "../protocol/list-format.ts";
import { namesMember } from "./resolved-names.ts";
import type { WrittenList } from "./content.ts";
import type { ListRequest, SourcedList } from "./list-answer.ts";
import { listHeaders } from "./list-headers.ts";
import { pastHeaders, pastMember } from "./past-fields.ts";
import { secondsOf } from "./row-fields.ts";
import { isoMoment, type Shown, shownFields } from "./shown-fields.ts";
import type { Page, Source } from "./source.ts";
import { thresholdMember } from "./thresholds.ts";

/** How one page is sent. */
interface PageSettings {
  readonly format: FileFormat;
  readonly vary: string;
  readonly params: ListRequest;
  readonly coverage: Coverage;
  /** Equal if query, position and presentation of rows are equal. */
  readonly query: string;
  /** Its address without a cursor, in the canonical spelling of its query. */
  readonly address: string;
  /** The cursor of the next page; null on the last. */
  readonly next: string | null;
}

/** This page of `list`, ready to be written. Throws the problem for a field that the list does not have. */
export function writtenPage<Item, Row extends object>(
  list: Omit<SourcedList<Item, Row>, "sources">,
  { version, asOfMs, freshFor }: Source<Item>,
  { items, total }: Page<Item>,
  { format, vary, params, coverage, query, address, next }: PageSettings,
): WrittenList<Item, Row> {
  const shown = shownRows(list, freshFor, params);
  const fetchedAt = secondsOf(asOfMs);
  const shownTime = params.time === "iso" ? isoMoment(fetchedAt) : fetchedAt;
  const { missing, asked } = coverage;
  const names = list.names ?? null;
  const missingFields = list.missingFields?.(freshFor) ?? [];
  const toRow = (item: Item): Row => list.toRow(item, fetchedAt, asked);
  const head = {
    fetched_at: shownTime,
    snapshot: version,
    count: items.length,
    total,
    missing,
    ...namesMember(names),
    ...thresholdMember(params),
    ...pastMember(freshFor, shownTime, missingFields),
    ...list.head?.(freshFor, asked),
  };
  const headers = listHeaders({
    name: list.name,
    version,
    format,
    fetchedAt: shownTime,
    total,
    coverage,
    names,
    params,
    nextAddress: next === null ? null : `${address}&cursor=${next}`,
  });
  const more =
    format === "json"
      ? {}
      : { ...list.headers?.(freshFor), ...pastHeaders(freshFor, shownTime, missingFields) };
  return {
    // Determined by state and query, except after an upgrade, when the fields make the difference.
    name: [
      freshFor.id,
      version,
      query,
      format,
      Object.keys(head),
      rowSignature(items, shown, toRow),
    ].join(" "),
    format,
    vary,
    headers: { ...headers, ...more },
    head,
    items,
    toRow,
    ...shown,
    texts: isUnconverted(params) ? list.texts?.(fetchedAt) : null,
    hasBom: params.bom === "1",
    tail: { next_cursor: next },
  };
}

function shownRows<Item, Row extends object>(
  { columns, selectable }: Pick<SourcedList<Item, Row>, "columns" | "selectable">,
  snapshot: Snapshot,
  { fields = null, time = "unix" }: ListRequest,
): Shown<Row> {
  const all = typeof columns === "function" ? columns(snapshot) : columns;
  return shownFields(all, { fields, time }, fields === null ? undefined : selectable?.(snapshot));
}

/** Whether rows are shown with all fields and unconverted, as cached texts are. */
function isUnconverted({ fields = null, time = "unix" }: ListRequest): boolean {
  return fields === null && time === "unix";
}

function rowSignature<Item, Row>(
  items: readonly Item[],
  { columns }: Shown<Row>,
  toRow: (item: Item) => Row,
): string {
  const names = columns.map(({ name }) => name).join();
  return items[0] === undefined ? names : `${names} ${JSON.stringify(toRow(items[0]))}`;
}
