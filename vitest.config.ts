import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{reference,backends,suites,fixtures,reports,cli}/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
  },
});
