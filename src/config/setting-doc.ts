/** What documentation says of a setting. */
export interface SettingFacts {
  /** Used when neither the environment nor the file has a value; null: none. */
  readonly fallback: string | null;
  /** What the default means, where it is not a value. */
  readonly fallbackInWords?: string;
  readonly description: string;
  readonly secret?: true;
}

/** One setting as documentation shows it. */
export interface SettingDoc {
  readonly name: string;
  /** A value, words that stand for one, or null where there is none. */
  readonly fallback: string | null;
  readonly fallbackIsValue: boolean;
  readonly description: string;
  readonly secret: boolean;
}

/** The setting `name` as documentation shows it. */
export function settingDoc(name: string, facts: SettingFacts): SettingDoc {
  const { fallback, fallbackInWords: words, description, secret = false } = facts;
  return {
    name,
    fallback: words ?? fallback,
    fallbackIsValue: words === undefined,
    description,
    secret,
  };
}
