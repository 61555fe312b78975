/** The difference between two runs as plain data: what `etalon diff` finds, what its outputs are functions of. */

export const changeKinds = ['accuracy', 'support', 'speed'] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** HEAD is worse; a failure that HEAD lists as expected is no regression. */
  readonly regression: boolean;
  /** "newly failing", "newly passing", "larger errors", "smaller errors", "less precise", "more precise", "lost", "new", "slower", "faster". */
  readonly what: string;
  readonly backend: string;
  /** A case, a property, an algorithm, a row of the documents, or an operation. */
  readonly where: string;
  readonly base: string;
  readonly head: string;
  /** Why it fails in HEAD, or what the change was read from. */
  readonly reason?: string;
}

export interface RunDiff {
  readonly base: string;
  readonly head: string;
  /** Regressions first. */
  readonly changes: readonly Change[];
  /** What could not be compared, in sentences. */
  readonly remarks: readonly string[];
  /** Answers that both runs judged. */
  readonly compared: number;
}
