/** What documentation needs to know of a setting. */
interface SettingFacts {
  readonly name: string;
  readonly fallback: string | null;
  readonly fallbackInWords?: string;
  readonly description: string;
  readonly isSecret?: true;
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

/** A setting as documentation shows it. */
export function settingDoc(facts: SettingFacts): SettingDoc {
  const { name, fallback, fallbackInWords: words, description, isSecret = false } = facts;
  return {
    name,
    fallback: words ?? fallback,
    fallbackIsValue: words === undefined,
    description,
    secret: isSecret,
  };
}
