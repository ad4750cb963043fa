import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { namesHeaders, withNames } from "../../lists/resolved-names.ts";
import { flagNames } from "../../../domain/flags.ts";
import { annualizedPct, fractionToPct, rate8hPct } from "../../../domain/funding.ts";
import { inSteps } from "../../../lib/stepwise.ts";
import {
  CALENDAR_PAGE_DEFAULTS,
  type CalendarQuery,
  type Settlement,
  type Settlements,
  settlementsAhead,
} from "../../../services/finder/calendar.ts";
import { coverageOf } from "../../../services/board/coverage.ts";
import type { AnswerContent } from "../../answers/answer.ts";
import { columnsOf } from "../../lists/columns.ts";
import { API_HEADERS } from "../../protocol/headers.ts";
import { coverageHeaders, noData } from "../../openapi/missing-exchanges.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { instrumentPart, secondsOf } from "../../lists/row-fields.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { canonicalQuery } from "../../protocol/canonical-query.ts";
import { thresholdHeader } from "../../lists/thresholds.ts";
import { calendarText, MAX_EVENTS } from "./file.ts";
import {
  CalendarFileQuerySchema,
  CalendarListSchema,
  type CalendarParams,
  CalendarQuerySchema,
  type CalendarRow,
  CalendarRowSchema,
} from "./schema.ts";

const listAnswer = cachedList(CalendarListSchema, "The matching settlements, possibly none.");

const calendarRoute = createRoute({
  method: "get",
  path: "/api/funding/calendar",
  operationId: "listSettlements",
  tags: ["Rates"],
  summary: "Upcoming settlements",
  description: `When funding is charged next, ordered by time, then by open interest, largest first. Instruments that cannot be trusted are left out, as is continuous funding, which has no settlements. The next settlement has the live rate, the one after the exchange's own estimate if it publishes one; later rates are unknown and never guessed. Times beyond the next settlement assume that the interval stays the same. ${CALENDAR_PAGE_DEFAULTS.limit} rows by default, up to 5,000 with \`limit\`; \`next_cursor\` leads to the rest.`,
  request: { query: CalendarQuerySchema },
  responses: {
    ...listAnswer,
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

const CALENDAR_TYPE = "text/calendar";

const fileRoute = createRoute({
  method: "get",
  path: "/api/funding/calendar.ics",
  operationId: "getSettlementCalendar",
  tags: ["Rates"],
  summary: "Upcoming settlements as iCalendar",
  description: `The same as an iCalendar feed (RFC 5545) to subscribe to: one event without duration per settlement. At most the ${MAX_EVENTS} nearest; the calendar's description says how many were left out and which exchanges are missing, X-Total-Count how many match. Use filters to keep it short.`,
  request: { query: CalendarFileQuerySchema },
  responses: {
    200: {
      description: "The calendar, possibly without an event.",
      headers: listAnswer[200].headers,
      content: {
        [CALENDAR_TYPE]: {
          schema: z.string().meta({
            description:
              "UTC times. An event keeps its UID from one answer to the next; DTSTAMP is the time of the snapshot.",
          }),
        },
      },
    },
    304: listAnswer[304],
    ...problems("bad_parameter", "not_ready", "no_data", "busy"),
  },
});

export function addCalendarRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
  }: {
    readonly answers: SnapshotAnswers;
  },
): void {
  app.openapi(calendarRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = calendarQuery(params);
    const sent = sendList(answers, c, params, {
      name: "funding-calendar",
      names,
      select: (snapshot, part) => settlementsAhead(snapshot, query, part),
      toRow: calendarRow,
      columns: COLUMNS,
    });
    return documented(calendarRoute, sent);
  });
  app.openapi(fileRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = calendarQuery(params);
    const snapshot = answers.current(c.env);
    const coverage = coverageOf(snapshot, params);
    const { missing, hasNothing } = coverage;
    if (hasNothing) throw noData(missing);
    const content = (settlements: Settlements): AnswerContent => {
      const text = calendarText(snapshot, settlements, missing);
      return {
        chunks: () => [text],
        streamed: null,
        contentType: `${CALENDAR_TYPE}; charset=utf-8`,
        cacheControl: null,
        vary: "Accept-Encoding",
        headers: {
          ...API_HEADERS,
          "content-disposition": 'attachment; filename="funding-calendar.ics"',
          "x-snapshot": snapshot.id,
          "x-fetched-at": String(secondsOf(snapshot.asOfMs)),
          ...coverageHeaders(coverage),
          ...namesHeaders(names),
          ...thresholdHeader(params),
          "x-total-count": String(settlements.length),
        },
      };
    };
    const make = (): AnswerContent | Promise<AnswerContent> => {
      const found = inSteps(settlementsAhead(snapshot, query, FIRST_EVENTS), answers.pauses());
      return found instanceof Promise ? found.then(content) : content(found);
    };
    const sent = answers.respond(c.req.raw, c.env, {
      snapshot,
      query: canonicalQuery(params) + JSON.stringify(names),
      make,
    });
    return documented(fileRoute, sent);
  });
}

function calendarQuery(params: CalendarParams): CalendarQuery {
  return {
    filter: listingQuery(params),
    hours: params.hours,
  };
}

/** The settlements in the file. */
const FIRST_EVENTS = { from: 0, end: MAX_EVENTS };

const COLUMNS = columnsOf(CalendarRowSchema);

function calendarRow(settlement: Settlement, fetchedAt: number): CalendarRow {
  const { row, settlesAt, intervalHours, rate, rateSource } = settlement;
  const { openInterestUsd } = row.record;
  return {
    settles_at: settlesAt,
    seconds_ahead: settlesAt - fetchedAt,
    ...instrumentPart(row.record),
    funding_interval_hours: intervalHours,
    funding_rate: rate,
    funding_rate_pct: rate === null ? null : fractionToPct(rate),
    annualized_pct: rate === null ? null : annualizedPct(rate, intervalHours),
    rate_8h_pct: rate === null ? null : rate8hPct(rate, intervalHours),
    rate_source: rateSource,
    open_interest_usd: openInterestUsd,
    payment_usd: rate === null || openInterestUsd === null ? null : rate * openInterestUsd,
    flags: [...flagNames(row.flags)],
  };
}
