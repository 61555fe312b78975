import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // No test is a measurement: these end what hangs, on the slowest machine.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // These need long, root or Debian packages: npm run test:system.
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.system.test.ts'],
    // Vitest leaves one core to itself; on two cores that is half the machine, and most of its time is spent waiting.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        // Pure functions: the modules are loaded once for all files of a process.
        test: { name: 'mathematics', include: ['{reference,fixtures,suites}/**/*.test.ts'], isolate: false },
      },
      { extends: true, test: { name: 'backends', include: ['{backends,reports}/**/*.test.ts'] } },
      { extends: true, test: { name: 'cli', include: ['{cli,.ci}/**/*.test.ts'], globalSetup: 'cli/testing/build.ts' } },
    ],
  },
});
