/** The generated past of the benchmarks: a year of hours up to this time, unix seconds. */
export const END_S = Date.UTC(2026, 10, 2, 12) / 1000;
export const HOURS_OF_YEAR = 8_760;
