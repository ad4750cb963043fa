import type { ExchangeId, MissingExchange } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { FlatColumn } from "../../lib/flat-table.ts";
import type { Coverage } from "../../services/board/coverage.ts";
import type { NamesFound } from "../../services/finder/asset-lookup.ts";
import type { ReadParams } from "../protocol/canonical-query.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import type { FileFormat } from "../protocol/list-format.ts";
import type { Column } from "./columns.ts";
import type { WrittenTexts } from "./content.ts";
import type { Selectable, Presentation } from "./shown-fields.ts";
import type { SelectFromSnapshot } from "./snapshot-source.ts";
import type { Sources } from "./source.ts";

/** Writes columns as a Parquet file, off the main thread. */
export type WriteParquet = (columns: FlatColumn[]) => Promise<Uint8Array<ArrayBuffer>>;

/** Describes a list, wherever its items come from. Every snapshot here is the source's `freshFor`. */
interface ListAnswer<Item, Row, Head extends object> {
  /** The name of the list and of its file: "funding-current". */
  readonly name: string;
  /** What determines the list besides the parameters, such as the installation's fees; a JSON value. */
  readonly variant?: unknown;
  /** How names in `base` were resolved, see `withNames`; null or unset: not at all. */
  readonly names?: NamesFound | null;
  /** The path of its pages; unset: the route's. */
  readonly path?: string;
  /** `fetchedAt` is the source's time in unix seconds, `ofExchanges` the number of requested exchanges. */
  readonly toRow: (item: Item, fetchedAt: number, ofExchanges: number) => Row;
  /** A function if the columns depend on the snapshot's content. */
  readonly columns: readonly Column<Row>[] | ((snapshot: Snapshot) => readonly Column<Row>[]);
  /** What `fields` may select, if that is more than the columns. */
  readonly selectable?: (snapshot: Snapshot) => Selectable<Row>;
  /** The requested and missing exchanges, if more than `exchange` and `exclude` determines them. */
  readonly coverage?: (snapshot: Snapshot) => Coverage;
  /** Additional members of the JSON envelope. */
  readonly head?: (snapshot: Snapshot, ofExchanges: number) => Head;
  /** The same as headers, for formats without an envelope. */
  readonly headers?: (snapshot: Snapshot) => FixedHeaders;
  /** Writes items from cached texts, at `fetched_at` in unix seconds: the same text as from `toRow` and `columns`. */
  readonly texts?: ((fetchedAt: number) => WrittenTexts<Item>) | undefined;
  /** Writes its rows as Parquet; unset: it has no such format. */
  readonly parquet?: WriteParquet;
  /** Fields that are unknown in a snapshot of the past, see `pastFields`; unset: none. */
  readonly missingFields?: (snapshot: Snapshot) => readonly string[];
  /** Its rows are not listings: it has something to show even if no exchange delivers. */
  readonly isOfListings?: false;
}

/** A list as a function of a snapshot. */
export interface SnapshotList<Item, Row, Head extends object = object> extends ListAnswer<
  Item,
  Row,
  Head
> {
  readonly select: SelectFromSnapshot<Item>;
}

/** A list with its own sources. */
export interface SourcedList<Item, Row, Head extends object = object> extends ListAnswer<
  Item,
  Row,
  Head
> {
  readonly sources: Sources<Item>;
}

/**
 * The parsed parameters of a request, with their defaults. All of them identify the answer, so equivalent requests
 * share one; lists of one page have no cursor.
 */
export type ListRequest = ReadParams &
  Partial<Presentation> & {
    readonly format: FileFormat | null;
    readonly bom?: "0" | "1";
    readonly limit?: number | null;
    readonly cursor?: string | null;
    /** The requested exchanges; unset or null: all enabled ones, none excluded. */
    readonly exchange?: readonly ExchangeId[] | null;
    readonly exclude?: readonly ExchangeId[] | null;
  };

/** The JSON envelope of a page, without the list's own head and its thresholds. */
export interface ListBody<Row> {
  fetched_at: number;
  snapshot: string;
  count: number;
  total: number;
  missing: MissingExchange[];
  rows: Row[];
  next_cursor: string | null;
}
