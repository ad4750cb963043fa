import { z } from "zod";
import { badEnvelope } from "./wire.ts";

const refusal = z.object({ error: z.unknown() });

/** A success has no envelope; an error is an object that names it. */
export function checked(body: unknown): unknown {
  const refused = refusal.safeParse(body);
  if (refused.success && refused.data.error !== undefined) {
    throw badEnvelope("the answer is an error");
  }
  return body;
}
