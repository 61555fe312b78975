/** The result of grading a kernel as plain data. */
import type { IsolationRecord } from '../runReport.ts';
import type { Finding } from './gradeReport.ts';

export interface KernelSpeed {
  /** Lower quartiles over calls with fresh inputs, milliseconds of one call. */
  readonly kernelMs: number;
  readonly libraryMs: number;
  /** Whose clock kernelMs is of: the kernel's own process, or ours where that process was caught telling too little. */
  readonly clock: 'own' | 'ours';
  /** libraryMs / kernelMs: above 1 is faster than the library. */
  readonly ratio: number;
  /** Every answer was right that was given while the clock ran. */
  readonly right: boolean;
}

export interface KernelReport {
  readonly operation: string;
  readonly entry: string;
  readonly against: string;
  readonly right: boolean;
  readonly cases: { readonly passed: number; readonly of: number };
  /** "right and fast", "right and slow", "fast and wrong", "slow and wrong", and without a timing "right" or "wrong". */
  readonly verdict: string;
  /** Why it could not be run. */
  readonly problem?: string;
  readonly findings: readonly Finding[];
  readonly speed?: KernelSpeed;
  /** Why there is no speed. */
  readonly speedUnavailable?: string;
  readonly isolation: IsolationRecord;
}
