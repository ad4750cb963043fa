/** What can go wrong at an exchange. Switched per exchange. */
export const FAULTS = [
  "slow",
  "hang",
  "http403",
  "http429",
  "http418",
  "http451",
  "http500",
  "html",
  "truncated_json",
  "huge_body",
  "deep_json",
  "gzip_bomb",
  "error_envelope",
  "empty_list",
  "half_list",
  "garbage_numbers",
  "frozen_timestamps",
  "missing_field",
  "many_rows",
  "scaled_rates",
] as const;

export type FaultName = (typeof FAULTS)[number];

export function isFaultName(text: string): text is FaultName {
  return (FAULTS as readonly string[]).includes(text);
}
