/** The published JSON Schema, by a validator that did not make it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { json } from '../reports/json.ts';
import { sampleReport } from '../reports/testing/sample.ts';
import { reportJsonSchema } from './reportSchema.ts';

const validate = new Ajv2020({ strict: false }).compile(reportJsonSchema());
const written = () => JSON.parse(json(sampleReport));

it('describes what is written', () => {
  expect(validate(written()), JSON.stringify(validate.errors)).toBe(true);
});

it.each([
  ['a status that does not exist', (report: ReturnType<typeof written>) => (report.outcomes[0].status = 'fine')],
  ['a number that is a word', (report: ReturnType<typeof written>) => (report.outcomes[0].milliseconds = 'soon')],
  ['no outcomes', (report: ReturnType<typeof written>) => delete report.outcomes],
  ['another version', (report: ReturnType<typeof written>) => (report.schemaVersion = 99)],
])('refuses %s', (_, spoil) => {
  const report = written();
  spoil(report);
  expect(validate(report)).toBe(false);
});
