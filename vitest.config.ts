import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{reference,backends,suites,fixtures,reports,cli}/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
    // Vitest leaves one core to itself; on two cores that is half the machine, and most of its time is spent waiting.
    maxWorkers: '100%',
  },
});
