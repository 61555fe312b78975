/** Ten thousand examples of everything in malformed.test.ts. */
process.env.ETALON_EXAMPLES = '10000';
await import('./malformed.test.ts');

export {};
