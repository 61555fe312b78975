/** The result of grading one submission as plain data: what every output is a function of. */
import type { IsolationRecord } from '../runReport.ts';
import type { HintLevel } from './assignment.ts';

export const gradeSchemaVersion = 1;

export type CaseStatus = 'passed' | 'failed' | 'notAsked';

export interface GradedCase {
  /** `recipe/tier`. */
  readonly name: string;
  readonly hidden: boolean;
  readonly status: CaseStatus;
}

export interface GradedCheck {
  readonly property: string;
  readonly points: number;
  readonly maximum: number;
  /** All of its cases passed. */
  readonly passed: boolean;
  readonly cases: readonly GradedCase[];
}

/** One cause, with everything that it explains. */
export interface Finding {
  /** Name of the function as its author writes it. */
  readonly function: string;
  readonly kind: FindingKind;
  /** Two sentences for whoever wrote the function. */
  readonly headline: string;
  readonly details: readonly string[];
  /** Known mistakes of the operation that explain every wrong answer; one, or those that the cases do not tell apart. */
  readonly mistakes: readonly string[];
  /** Names of the failing cases that it explains. */
  readonly cases: readonly string[];
}

export type FindingKind =
  | 'missing'
  | 'not written'
  | 'error'
  | 'wrong return'
  | 'shape'
  | 'timed out'
  | 'crashed'
  | 'protocol'
  | 'mistake'
  | 'pattern'
  | 'rounding'
  | 'values'
  | 'stage'
  | 'state'
  | 'not asked';

export interface GradedTask {
  readonly function: string;
  readonly operation: string;
  readonly title: string;
  readonly points: number;
  readonly maximum: number;
  readonly checks: readonly GradedCheck[];
  readonly findings: readonly Finding[];
}

export interface GradeReport {
  readonly schemaVersion: typeof gradeSchemaVersion;
  readonly etalonVersion: string;
  readonly assignment: { readonly name: string; readonly title: string; readonly sha256: string };
  readonly student: string;
  readonly attempt: number;
  readonly submission: { readonly file: string; readonly language: string; readonly sha256: string };
  /** How well the submission was kept apart from everything else while it ran. */
  readonly isolation: IsolationRecord;
  /** 'secret': drawn from the teacher's secret, the student and the attempt; 'practice': without a secret, everybody's are the same. */
  readonly hiddenCases: 'secret' | 'practice';
  readonly hints: HintLevel;
  readonly points: number;
  readonly maximum: number;
  /** Why nothing could be run, in one sentence. */
  readonly problem?: string;
  readonly tasks: readonly GradedTask[];
  /** Of the whole grading; the only number that two runs do not share. */
  readonly seconds: number;
}
