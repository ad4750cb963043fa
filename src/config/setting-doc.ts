/** What the documentation needs to know about a setting. */
interface SettingFacts {
  readonly name: string;
  readonly fallback: string | null;
  readonly fallbackInWords?: string;
  readonly description: string;
  readonly isSecret?: true;
}

/** One setting as shown in the documentation. */
export interface SettingDoc {
  readonly name: string;
  /** A value, a description of one, or null if there is none. */
  readonly fallback: string | null;
  readonly fallbackIsValue: boolean;
  readonly description: string;
  readonly secret: boolean;
}

/** Describes a setting for the documentation. */
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
