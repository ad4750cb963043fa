import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/backoff.ts";
import { HttpClient } from "../lib/http-client.ts";
import type { GetStatus } from "./heartbeat.ts";
import type { PostJson } from "./telegram.ts";

/** Third parties' responses are small; anything larger is not theirs. */
const MAX_BODY_BYTES = 256 * 1024;
/** Messages are sent one at a time; a few may overlap with a heartbeat. */
const MAX_HELD_BYTES = 4 * MAX_BODY_BYTES;

/** Telegram responds in well under a second; after this the message is retried later. */
const TIMEOUT_MS = 10_000;

/** The two calls that the gateways need, made with the program's HTTP client. */
export interface Outbound {
  readonly post: PostJson;
  readonly get: GetStatus;
}

/** Implements the gateways' calls over HTTP. No retries here: the caller knows whether it may retry. */
export function createOutbound(deps: {
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
}): Outbound {
  const clientWithin = (timeoutMs: number): HttpClient =>
    new HttpClient({
      ...deps,
      limits: { timeoutMs, maxBodyBytes: MAX_BODY_BYTES, maxHeldBytes: MAX_HELD_BYTES },
    });
  const poster = clientWithin(TIMEOUT_MS);
  return {
    async post(url, body) {
      const answer = await poster.send({ method: "POST", url, body, repeatable: false });
      return {
        status: answer.status,
        body: parsed(answer.text),
        retryAfterMs: answer.retryAfterMs,
      };
    },
    async get(url, timeoutMs) {
      const { status } = await clientWithin(timeoutMs).send({
        method: "GET",
        url,
        repeatable: false,
      });
      return { status };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
