import { z } from "zod";
import { badEnvelope } from "./wire.ts";

const errorBody = z.object({ code: z.union([z.string(), z.number()]) });

/** A success is bare; an object with a code is an error. */
export function successOf(body: unknown): unknown {
  const error = errorBody.safeParse(body);
  if (error.success) throw badEnvelope(`code ${error.data.code}`);
  return body;
}
