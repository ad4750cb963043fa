import { z } from "@hono/zod-openapi";
import { echo, oneOf, refuse } from "../protocol/query-text.ts";

/** Query parameters that must be given, exactly once. */

/** Documentation of one. */
interface RequiredDoc {
  readonly description: string;
  readonly example: string;
}

/** The raw value. */
const given = z.union([z.string(), z.array(z.string())], { error: "must be given" });

/** A string. */
export function requiredTextParam(maxLength: number, doc: RequiredDoc) {
  return given
    .transform((value, context): string => {
      const text = oneOf(value, context) ?? "";
      if (text.length > maxLength)
        refuse(context, `must not be longer than ${maxLength} characters`);
      return text;
    })
    .meta({ type: "string", minLength: 1, maxLength, ...doc });
}

/** A member of a closed set. */
export function requiredChoiceParam<const Member extends string>(
  members: readonly [Member, ...Member[]],
  doc: RequiredDoc,
) {
  return given
    .transform((value, context): Member => {
      const text = oneOf(value, context);
      const member = members.find((candidate) => candidate.toLowerCase() === text?.toLowerCase());
      if (member === undefined && text !== null)
        refuse(context, `${echo(text)} must be one of ${members.join(", ")}`);
      return member ?? members[0];
    })
    .meta({ type: "string", enum: [...members], ...doc });
}
