/** Seeds of hidden cases: the same for the same secret, student and attempt, and for nobody else. Shapes and operations are everybody's. */
import { createHmac } from 'node:crypto';
import type { IsolationLevel } from '../../backends/isolation/isolation.ts';

export interface Attempt {
  readonly student: string;
  readonly attempt: number;
  /** The teacher's; without it hidden cases are for practice, the same for everybody. */
  readonly secret?: string;
}

/** Seed of a hidden case: 31 bits of HMAC-SHA-256 under the secret. */
export function hiddenSeed({ student, attempt, secret = 'practice' }: Attempt, assignment: string, caseName: string): number {
  const message = JSON.stringify([assignment, student, attempt, caseName]);
  return createHmac('sha256', secret).update(message).digest().readUInt32BE(0) >>> 1;
}

/**
 * Says why a file with a secret is none: at a level that leaves files visible, a submission runs as a user of its own and reads what everybody may
 * read.
 */
export function whySecretIsOpen(mode: number, level: IsolationLevel | undefined): string | undefined {
  if (level !== 'otherUser' || (mode & 0o004) === 0) return undefined;
  return 'everybody may read it, and at this isolation a submission is everybody; chmod 600 mends that';
}
