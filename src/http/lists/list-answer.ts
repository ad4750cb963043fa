import type { ExchangeId, MissingExchange } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { Coverage } from "../../services/board/coverage.ts";
import type { NamesFound } from "../../services/finder/asset-lookup.ts";
import type { ReadParams } from "../protocol/canonical-query.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import type { Format } from "../protocol/list-format.ts";
import type { Column } from "./columns.ts";
import type { WrittenTexts } from "./content.ts";
import type { Pickable, ShownAs } from "./shown-fields.ts";
import type { SelectFromSnapshot } from "./snapshot-source.ts";
import type { Sources } from "./source.ts";

/** What describes a list, wherever its items come from. Every snapshot here is the source's `freshFor`. */
interface ListAnswer<Item, Row, Head extends object> {
  /** Names the list and the file that it is saved as: "funding-current". */
  readonly name: string;
  /** What decides the list besides the parameters, as the fees of this installation do; a value of JSON. */
  readonly besides?: unknown;
  /** What the names in `base` stand for, see `withNames`; null or unset: themselves. */
  readonly names?: NamesFound | null;
  /** Where its pages are; unset: at the path of the route. */
  readonly path?: string;
  /** `fetchedAt` is the source's time in unix seconds, `ofExchanges` how many exchanges are asked. */
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
  /** Writes items from kept texts, at `fetched_at` in unix seconds: the same text as from `toRow` and `columns`. */
  readonly texts?: (fetchedAt: number) => WrittenTexts<Item>;
  /** Its rows are no listings: it has something to say also where no exchange delivers. */
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

/** A list from sources of its own. */
export interface SourcedList<Item, Row, Head extends object = object> extends ListAnswer<
  Item,
  Row,
  Head
> {
  readonly sources: Sources<Item>;
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
