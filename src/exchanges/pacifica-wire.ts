import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric, word } from "./wire.ts";

const RATE_LIMIT_CODE = 429;

const envelope = z.object({
  success: z.boolean(),
  data: anyValue,
  code: numeric,
  next_cursor: word,
  has_more: anyValue,
});

/** The envelope of a success: its data, and where the next page begins. */
export function replyOf(body: unknown): z.infer<typeof envelope> {
  const reply = decodeEnvelope(envelope, body);
  if (reply.success) return reply;
  const message = `code ${reply.code ?? "unknown"}`.slice(0, 200);
  // The code may be an HTTP status.
  if (numberOf(reply.code) === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
  throw badEnvelope(message);
}
