// Publishes the schema of the run report beside the compiled files.
import { writeFileSync } from 'node:fs';
import { reportJsonSchema } from '../dist/cli/reportSchema.js';

writeFileSync('dist/run-report.schema.json', `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
