/** Quantities as the documentation pages write them, with their units. */

export const count = (value: number): string => value.toLocaleString("en-US");

export const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(3))} %`;

export const seconds = (ms: number): string => `${ms / 1000} s`;

export const minutes = (ms: number): string => `${ms / 60_000} min`;
