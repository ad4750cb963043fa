import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, word } from "./wire.ts";

const RATE_LIMIT_CODE = "1006";

const envelope = z.object({
  result: anyValue,
  next: word,
  code: z.union([z.string(), z.number()]).nullish().catch(null),
});

interface Reply {
  readonly result: unknown;
  /** The cursor of the next page, where there are pages. */
  readonly next: string | null;
}

/** A success has a `result`; errors are objects with code and message, or only a message. */
export function replyOf(body: unknown): Reply {
  const { result, next, code } = decodeEnvelope(envelope, body);
  if (result !== undefined && result !== null) return { result, next: next || null };
  if (String(code) === RATE_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${RATE_LIMIT_CODE}`);
  }
  throw badEnvelope(`no result, code ${code ?? "none"}`);
}
