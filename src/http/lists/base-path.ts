import { z } from "@hono/zod-openapi";

/** Longer than any ticker. */
const MAX_BASE_LENGTH = 64;

/** The path of a list about one asset. */
export const BasePathSchema = z.object({
  base: z
    .string()
    .max(MAX_BASE_LENGTH, `must not be longer than ${MAX_BASE_LENGTH} characters`)
    .meta({
      param: { name: "base", in: "path" },
      description: "An asset, case-insensitive, aliases allowed (XBT is BTC).",
      example: "BTC",
    }),
});
