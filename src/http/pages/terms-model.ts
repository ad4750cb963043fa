import { REASONS } from "../../domain/decision.ts";
import { BLOCKING_FLAGS, type Flag, FLAGS } from "../../domain/flags.ts";
import type { TermModel, TermsModel } from "../../web/docs-model.ts";
import { DEFAULT_IN_WORDS } from "../openapi/params.ts";
import { STATUS_MEANINGS } from "../openapi/exchange-status.ts";
import { type Json, type JsonObject, objectOf, resolved } from "../openapi/json-tree.ts";
import { FORMULAS } from "./formulas.ts";
import { FAILURE_MEANINGS, REJECT_MEANINGS } from "../openapi/failure-kinds.ts";
import {
  ENTRY_MEANINGS,
  EXIT_MEANINGS,
  OUTCOME_MEANINGS,
  POINT_MEANINGS,
} from "../openapi/backtest-terms.ts";
import {
  ACCRUED_UNIT_MEANINGS,
  LACKING_MEANINGS,
  ORIGIN_MEANINGS,
  PAST_KIND_MEANINGS,
  WEIGHTING_MEANINGS,
} from "../openapi/past-terms.ts";
import {
  DECISION_TERMS,
  FLAG_TERMS,
  IDENTITY_TERMS,
  LABEL_TERMS,
  NULL_REASON_TERMS,
  REASON_TERMS,
} from "./terms.ts";
import { THRESHOLDS } from "./thresholds.ts";

/** The contents of /docs/terms: tables from the code, and defaults from the document. */
export function termsModel(document: JsonObject): TermsModel {
  const blocking = new Set<Flag>(BLOCKING_FLAGS);
  const flag = (name: Flag): TermModel => ({ name, meaning: FLAG_TERMS[name] });
  return {
    formulas: FORMULAS,
    blockingFlags: FLAGS.filter((name) => blocking.has(name)).map(flag),
    advisoryFlags: FLAGS.filter((name) => !blocking.has(name)).map(flag),
    reasons: REASONS.map((name) => ({ name, meaning: REASON_TERMS[name] })),
    nullReasons: termsOf(NULL_REASON_TERMS),
    decisions: termsOf(DECISION_TERMS),
    identities: termsOf(IDENTITY_TERMS),
    labels: termsOf(LABEL_TERMS),
    statuses: termsOf(STATUS_MEANINGS),
    failures: termsOf(FAILURE_MEANINGS),
    rejects: termsOf(REJECT_MEANINGS),
    pastKinds: termsOf(PAST_KIND_MEANINGS),
    weightings: termsOf(WEIGHTING_MEANINGS),
    origins: termsOf(ORIGIN_MEANINGS),
    lackingStates: termsOf(LACKING_MEANINGS),
    accruedUnits: termsOf(ACCRUED_UNIT_MEANINGS),
    entries: termsOf(ENTRY_MEANINGS),
    exits: termsOf(EXIT_MEANINGS),
    points: termsOf(POINT_MEANINGS),
    outcomes: termsOf(OUTCOME_MEANINGS),
    thresholds: THRESHOLDS,
    defaults: defaultsOf(document),
  };
}

function termsOf(texts: Readonly<Record<string, string>>): readonly TermModel[] {
  return Object.entries(texts).map(([name, meaning]) => ({ name, meaning }));
}

/** Parameters that restrict the rows by default. */
const HOLDS_BACK = /^(limit|(min|max)_\w+)$/;

/** The defaults of limits, minimums and maximums for each path; "none" if there is none. */
export function defaultsOf(document: JsonObject): TermsModel["defaults"] {
  return Object.entries(objectOf(document["paths"])).flatMap(([path, methods]) => {
    const { parameters } = objectOf(objectOf(methods)["get"]);
    if (!Array.isArray(parameters)) return [];
    return parameters.flatMap((parameter: Json) => {
      const { name, schema } = objectOf(referred(document, parameter));
      if (typeof name !== "string" || !HOLDS_BACK.test(name)) return [];
      const { default: fallback = "none", [DEFAULT_IN_WORDS]: words } = objectOf(schema);
      return [{ path, parameter: name, fallback: String(words ?? fallback).replaceAll("`", "") }];
    });
  });
}

function referred(document: JsonObject, value: Json): Json {
  const { $ref } = objectOf(value);
  return typeof $ref === "string" ? resolved(document, $ref) : value;
}
