/** Tests that need long, root, or Debian packages; `npm run test:system` runs them after the others. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{backends,suites,reports,cli}/**/*.system.test.ts'],
    globalSetup: 'cli/testing/build.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
  },
});
