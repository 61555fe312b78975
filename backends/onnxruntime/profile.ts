/** Finds out where a graph really ran: ONNX Runtime's profile names the execution provider of every node it executed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';

export interface Profile {
  /** To be given to the session. */
  readonly options: InferenceSession.SessionOptions;
  /** Ends the profile, after a run; the operators that ran by the name of their execution provider ('WebGpuExecutionProvider'). */
  end(session: InferenceSession): Map<string, string[]>;
  /** Removes the profile's file, if it was not ended. */
  discard(): void;
}

interface ProfiledEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string };
}

/** A profile in a folder of its own, because the library chooses the file's name and does not tell it. */
export function createProfile(): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-profile-'));
  const discard = () => rmSync(folder, { recursive: true, force: true });
  return {
    options: { enableProfiling: true, profileFilePrefix: join(folder, 'profile') },
    end(session) {
      session.endProfiling();
      const ran = new Map<string, string[]>();
      const events = readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
      discard();
      for (const { cat, name, args } of events as ProfiledEvent[]) {
        if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
        const provider = args?.provider ?? 'no provider named';
        ran.set(provider, [...(ran.get(provider) ?? []), args?.op_name ?? name]);
      }
      return ran;
    },
    discard,
  };
}

/**
 * @throws Error when a node ran elsewhere, which makes the result the result of another device, or when the profile names no node.
 */
export function requireProvider(ran: ReadonlyMap<string, readonly string[]>, provider: string): void {
  const elsewhere = [...ran]
    .filter(([name]) => name !== provider)
    .map(([name, operators]) => `${operators.join(', ')} on ${name}`);
  if (elsewhere.length > 0) throw new Error(`not all of the graph ran on ${provider}: ${elsewhere.join('; ')}`);
  if (ran.size === 0) throw new Error(`the profile names no node, so nothing shows that the graph ran on ${provider}`);
}
