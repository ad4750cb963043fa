import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/backoff.ts";
import { HttpClient } from "../lib/http-client.ts";
import type { GetStatus } from "./heartbeat.ts";
import type { PostJson } from "./telegram.ts";

/** Answers of third parties are small; more is no answer of theirs. */
const MAX_BODY_BYTES = 256 * 1024;
/** Messages go out one after the other: a few may overlap with a heartbeat. */
const MAX_HELD_BYTES = 4 * MAX_BODY_BYTES;

/** Telegram answers in well under a second; past this the message is tried again later. */
const TIMEOUT_MS = 10_000;

/** The two calls that the gateways need, on the program's one HTTP client. */
export interface Outbound {
  readonly post: PostJson;
  readonly get: GetStatus;
}

/** Binds the gateways' calls to HTTP. Neither is repeated here: who calls knows whether it may be. */
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
