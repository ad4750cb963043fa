import type { AnswerContent } from "./answer.ts";
import { API_HEADERS, CACHE_DATA } from "./headers.ts";

export const JSON_TYPE = "application/json";

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** A JSON answer that lives as long as its snapshot. */
export function jsonContent(value: unknown): AnswerContent {
  return {
    bytes: utf8(JSON.stringify(value)),
    contentType: JSON_TYPE,
    cacheControl: CACHE_DATA,
    headers: API_HEADERS,
  };
}
