// Publishes the schemas of the run report and of expected failures beside the compiled files.
import { writeFileSync } from 'node:fs';
import { reportJsonSchema } from '../dist/cli/reportSchema.js';
import { expectedFailuresJsonSchema } from '../dist/suites/running/expectedFailures.js';

const schemas = { 'run-report': reportJsonSchema(), 'expected-failures': expectedFailuresJsonSchema() };
for (const [name, schema] of Object.entries(schemas))
  writeFileSync(`dist/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
