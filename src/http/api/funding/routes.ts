import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Snapshot } from "../../../domain/market.ts";
import { knownBase } from "../../lists/known-base.ts";
import { withNames } from "../../lists/resolved-names.ts";
import type { NamesFound } from "../../../services/finder/asset-lookup.ts";
import { atOnce } from "../../../lib/stepwise.ts";
import { selectRows } from "../../../services/finder/funding-query.ts";
import type { BoardView } from "../../../services/board/board-view.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import { acceptedFormat } from "../../protocol/list-format.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { UNSAMPLED_FIELDS } from "../../lists/past-fields.ts";
import { type Asked, ASKED_AT_PROBLEMS, type PastSnapshots } from "../../lists/past-snapshots.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { FUNDING_COLUMNS, FUNDING_WRITING, fundingRow, queryOf } from "../../lists/funding-row.ts";
import {
  CurrentQuerySchema,
  FundingListSchema,
  SymbolQuerySchema,
  type ListParams,
} from "../../lists/funding-schema.ts";
import { RowTexts, type RowTextsAt, type RowTextsDeps } from "../../lists/row-texts.ts";
import { BasePathSchema } from "../../lists/base-path.ts";
import { changesSince, sinceHeaders, sinceMember } from "./since.ts";

const currentRoute = createRoute({
  method: "get",
  path: "/api/funding/current",
  operationId: "listFundingRates",
  tags: ["Rates"],
  summary: "Live funding rates",
  description:
    "All instruments of all exchanges, filtered, sorted and paged; with `since` only what changed. Positive rates: longs pay shorts. annualized_pct is simple interest.",
  request: { query: CurrentQuerySchema },
  responses: {
    ...cachedList(FundingListSchema, "The matching rows, possibly none."),
    ...problems(...ASKED_AT_PROBLEMS),
  },
});

const symbolRoute = createRoute({
  method: "get",
  path: "/api/funding/symbol/{base}",
  operationId: "listFundingRatesOfAsset",
  tags: ["Rates"],
  summary: "Live funding rates of one asset",
  description:
    "Every listing of one asset, on all exchanges and in all quote currencies. Where several assets share the name, `asset_id` narrows them to one.",
  request: { params: BasePathSchema, query: SymbolQuerySchema },
  responses: {
    ...cachedList(
      FundingListSchema,
      "The listings; empty if every exchange has delisted the asset.",
    ),
    ...problems(...ASKED_AT_PROBLEMS, "unknown_base"),
  },
});

export function addFundingRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    past,
    board,
    clock,
    timeStep,
  }: {
    readonly answers: SnapshotAnswers;
    readonly past: PastSnapshots;
    readonly board: BoardView;
    readonly clock: RowTextsDeps["clock"];
    readonly timeStep: RowTextsDeps["timeStep"];
  },
): void {
  const kept = new RowTexts({
    writing: FUNDING_WRITING,
    clock,
    timeStep,
    onPublish: (keep) => board.onPublish(keep),
  });
  const texts = (fetchedAt: number) => kept.at(fetchedAt);
  app.openapi(currentRoute, async (called) => {
    const query = called.req.valid("query");
    const { since } = query;
    const c = await past.of({ req: called.req, env: called.env }, query);
    // First of all: if it is the snapshot being prepared, everything is answered from that one, names as well.
    const held = since === null ? null : answers.byId(since);
    const { params, names } = await withNames(answers, c, query);
    const list = { name: "funding-current", names, texts };
    const sent =
      since === null
        ? sendRows(answers, c, params, params.base, list)
        : sendChanges(answers, c, { ...params, since }, held, list);
    return documented(currentRoute, sent);
  });
  app.openapi(symbolRoute, async (called) => {
    const query = called.req.valid("query");
    const c = await past.of({ req: called.req, env: called.env }, query);
    const { asked, bases, names } = await knownBase(
      { answers, board },
      c,
      called.req.valid("param").base,
      query.cursor,
    );
    const list = {
      name: "funding-symbol",
      names,
      texts,
      path: `/api/funding/symbol/${encodeURIComponent(asked)}`,
      variant: bases,
    };
    return documented(symbolRoute, sendRows(answers, c, query, bases, list));
  });
}

/** What distinguishes a list of rows from other lists, and how its names were resolved. */
interface Named {
  readonly name: string;
  readonly names: NamesFound | null;
  /** Cached texts, for live snapshots. */
  readonly texts: (fetchedAt: number) => RowTextsAt;
  readonly path?: string;
  readonly variant?: unknown;
}

function sendRows(
  answers: SnapshotAnswers,
  c: Asked,
  params: ListParams,
  bases: readonly string[] | null,
  list: Named,
) {
  const query = queryOf(params, bases);
  const asked = { ...params, order: query.order };
  const { past } = answers.current(c.env);
  return sendList(answers, c, asked, {
    ...list,
    ...AS_ROWS,
    // Texts are kept from snapshot to snapshot, where most rows stay the same.
    ...(past !== undefined && { texts: undefined }),
    select: (snapshot) => selectRows(snapshot, query),
    missingFields,
  });
}

/** The same list, limited to what has changed since the given snapshot. */
function sendChanges(
  answers: SnapshotAnswers,
  c: Asked,
  params: ListParams & { readonly base: readonly string[] | null; readonly since: string },
  held: Snapshot | null,
  list: Named,
) {
  const { since, base, limit } = params;
  const query = queryOf(params, base);
  // The pages after this one are built from both snapshots.
  if (held !== null && limit !== null) answers.pin(held);
  const changes = changesSince(held, query, params.format ?? acceptedFormat(c.env.accepts));
  const asked = { ...params, order: query.order };
  return sendList(answers, c, asked, {
    ...list,
    ...AS_ROWS,
    // Cursors of the whole list and of its changes must not be interchangeable.
    variant: held === null ? "reset" : "changes",
    *select(snapshot) {
      return (yield* changes(snapshot)).rows;
    },
    // Known by now.
    head: (snapshot) => sinceMember(since, atOnce(changes(snapshot))),
    headers: (snapshot) => sinceHeaders(atOnce(changes(snapshot))),
  });
}

function missingFields({ past }: Snapshot): readonly string[] {
  if (past === undefined) return UNSAMPLED_FIELDS;
  return [
    ...UNSAMPLED_FIELDS,
    ...(past.isWithoutTerms ? ["multiplier", "asset_class"] : []),
    ...(past.withoutFees.size > 0 ? ["taker_fee_bps"] : []),
  ];
}

const AS_ROWS = { toRow: fundingRow, columns: FUNDING_COLUMNS };
