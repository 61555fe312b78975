/** Exit codes of the `etalon` command. */
export const exitCodes = {
  /** Everything is as expected. */
  asExpected: 0,
  /** A backend failed, or an expected failure passed. */
  failureFound: 1,
  /** The command line or a file it names is wrong. */
  wrongUsage: 2,
  /** Etalon itself failed: nothing is said about any backend. */
  harnessFailed: 3,
  /** Stopped by SIGINT; what had been measured is written. */
  interrupted: 130,
} as const;

/** Something the caller can mend: printed as one line, without a stack trace. */
export class UsageError extends Error {}
