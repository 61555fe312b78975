/** Starts the backends that a command line names; one that cannot start costs only itself. */
import { embeddedBackends, hostCommand } from '../backends/index.ts';
import { createWorkerSupervisor } from '../backends/worker/worker.ts';
