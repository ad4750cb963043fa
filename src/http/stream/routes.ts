import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { END_REASONS } from "./event-text.ts";
import {
  RESERVED_FILTERS,
  RESERVED_STREAMS,
  MAX_FILTERS_PER_ADDRESS,
  MAX_STREAM_FILTERS,
  MAX_STREAMS,
  MAX_STREAMS_PER_ADDRESS,
  type Refusal,
} from "./groups.ts";
import { STALLED_AFTER_MS, type StreamHub } from "./hub.ts";
import { UNRESPONSIVE_AFTER_MS } from "./memory.ts";
import { CACHE_NEVER_AS_SENT, uncachedHeaders } from "../protocol/headers.ts";
import { withNames } from "../lists/resolved-names.ts";
import { listingQuery } from "../lists/listing-query.ts";
import { problems } from "../openapi/document.ts";
import { ApiError, type ProblemCode } from "../protocol/problem.ts";
import type { AppEnv } from "../protocol/request-context.ts";
import { documented } from "../protocol/routing.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import {
  StreamChangesSchema,
  StreamHeadersSchema,
  StreamQuerySchema,
  StreamResetSchema,
} from "./schema.ts";

const EVENT_STREAM_TYPE = "text/event-stream";

const RESET = "StreamReset";
const CHANGES = "StreamChanges";

const SAMPLE = `retry: 5000

event: reset
data: {"snapshot":"7-1042","fetched_at":1793620800,"missing":[],"rows":[…]}
id: 7-1042

event: changes
data: {"snapshot":"7-1043","fetched_at":1793620805,"missing":[{"exchange":"gate","status":"down","reason":"No new rates: it cannot be reached."}],"since":"7-1042","removed":["okx:ABC-USDT-SWAP:1793000000"],"rows":[…]}
id: 7-1043

: heartbeat
id: 7-1044

`;

/** contentSchema is a JSON Schema keyword that the library's types do not know. */
const eventStream = {
  description: `Server-sent events. \`reset\` carries a ${RESET}, \`changes\` a ${CHANGES}, \`end\` \`{"reason": …}\` before the server disconnects: ${END_REASONS.join(", ")}; a client that is cut off in the middle of an event finds the reason in a comment after the incomplete event, which is lost.`,
  contentMediaType: EVENT_STREAM_TYPE,
  contentSchema: {
    oneOf: [RESET, CHANGES].map((name) => ({ $ref: `#/components/schemas/${name}` })),
  },
  example: SAMPLE,
};

const streamRoute = createRoute({
  method: "get",
  path: "/api/funding/stream",
  operationId: "streamFundingRates",
  tags: ["Stream"],
  summary: "Live changes of funding rates",
  description:
    "First all matching rows (`reset`), then with each snapshot, at most every five seconds, the rows whose rate, interval, next time, flags or identity changed and those that appeared or disappeared (`changes`), also without any such row if `missing` has changed. A filter that matches no row gets neither until it does. Applying the events gives the rows of /api/funding/current with the same filters; prices, volumes and observation times are as of a row's last change. An idle stream sends a comment every 15 seconds. An interrupted stream resumes with Last-Event-ID. " +
    `One address (for IPv6, one /64) may have ${MAX_STREAMS_PER_ADDRESS} streams with ${MAX_FILTERS_PER_ADDRESS} distinct filters; an ended stream counts until its connection is closed, and filters that match no row count as one. A client that exceeds this because rows start to match is disconnected with the reason too_many_filters. ` +
    `A client that reads nothing for ${STALLED_AFTER_MS / 1000} seconds is disconnected as a slow_consumer, and after ${UNRESPONSIVE_AFTER_MS / 1000} if more data waits to be read than memory is reserved for. If that is not enough, the address that holds most loses a stream, as does a new client that would hold about as much (overloaded).`,
  request: { query: StreamQuerySchema, headers: StreamHeadersSchema },
  responses: {
    200: {
      description: "Events until either side disconnects.",
      headers: {
        "X-Request-Id": {
          description: "Your X-Request-Id if it was valid, else a new one.",
          schema: { type: "string" as const },
        },
      },
      content: { [EVENT_STREAM_TYPE]: { schema: z.string().openapi(eventStream) } },
    },
    ...problems("bad_parameter", "stream_limit", "not_ready", "too_many_streams"),
  },
});

/** Shared by all clients whose address is unknown. */
const UNKNOWN_ADDRESS = "unknown";

/** Suggested retry time after a refusal: streams are long-lived, so places rarely become free. */
const RETRY_SECONDS = 30;

export function addStreamRoutes(
  app: OpenAPIHono<AppEnv>,
  { answers, streams }: { readonly answers: SnapshotAnswers; readonly streams: StreamHub },
): void {
  app.openAPIRegistry.register(RESET, StreamResetSchema);
  app.openAPIRegistry.register(CHANGES, StreamChangesSchema);
  app.openapi(streamRoute, async (c) => {
    // A stream starts with rows: it is refused before the first snapshot.
    answers.current(c.env);
    const headers = {
      ...uncachedHeaders(EVENT_STREAM_TYPE, c.env.requestId),
      "cache-control": CACHE_NEVER_AS_SENT,
      // Tells proxies not to buffer this response.
      "x-accel-buffering": "no",
    };
    if (c.req.method === "HEAD") return documented(streamRoute, new Response(null, { headers }));
    const { params } = await withNames(answers, c, c.req.valid("query"));
    const lastEventId = c.req.valid("header")["Last-Event-ID"] ?? null;
    const opened = streams.open(listingQuery(params), lastEventId, {
      address: c.env.client ?? UNKNOWN_ADDRESS,
      limitIdle: (seconds) => c.env.connection?.limitIdle?.(seconds),
    });
    if (typeof opened === "string") throw refused(opened);
    return documented(streamRoute, new Response(opened, { headers }));
  });
}

/** The problem for each reason of refusal. */
const REFUSED = {
  too_many_of_address: {
    code: "stream_limit",
    detail: `One address may have ${MAX_STREAMS_PER_ADDRESS} streams. Close one first.`,
  },
  too_many_filters_of_address: {
    code: "stream_limit",
    detail: `One address may have ${MAX_FILTERS_PER_ADDRESS} distinct filters. Ask with one of those, or with a wider one.`,
  },
  too_many_readers: {
    code: "too_many_streams",
    detail: `There are ${MAX_STREAMS} streams. Ask /api/funding/current meanwhile.`,
  },
  kept_for_others: {
    code: "too_many_streams",
    detail: `The last ${RESERVED_STREAMS} of ${MAX_STREAMS} streams are for addresses that have none.`,
  },
  too_many_filters: {
    code: "too_many_streams",
    detail: `There are ${MAX_STREAM_FILTERS} distinct filters, the last ${RESERVED_FILTERS} for addresses that have none. Ask with a more common one.`,
  },
  shutting_down: {
    code: "too_many_streams",
    detail: "This process is about to end. Ask again.",
  },
} as const satisfies Record<Refusal, { readonly code: ProblemCode; readonly detail: string }>;

function refused(refusal: Refusal): ApiError {
  const { code, detail } = REFUSED[refusal];
  return new ApiError(code, detail, { headers: { "retry-after": String(RETRY_SECONDS) } });
}
