/** Sessions, each for all kernels whose graphs are the same but for the sizes of their inputs. */
import type { InferenceSession } from 'onnxruntime-node';
import type { Profile } from './profile.ts';

export interface CreatedSession {
  readonly session: InferenceSession;
  /** Until the first execution has shown where the graph runs. */
  profile?: Profile;
}
export interface SharedSession extends CreatedSession {
  readonly key: string;
  /** True where it may stay when nobody uses it. */
  readonly keep: boolean;
  users: number;
}

export interface Sessions {
  /** The session of this key: the model's bytes and its options. */
  use(key: string, keep: boolean, create: () => Promise<CreatedSession>): Promise<SharedSession>;
  leave(shared: SharedSession): Promise<void>;
  /** Releases what is idle. */
  dispose(): Promise<void>;
}

/** At most `mostIdle` sessions stay without a user: those that were used last. */
export function createSessions(mostIdle: number): Sessions {
  const sessions = new Map<string, SharedSession>();
  /** In the order in which they were left. */
  const idle = new Set<SharedSession>();

  async function release(shared: SharedSession): Promise<void> {
    idle.delete(shared);
    sessions.delete(shared.key);
    await shared.session.release();
    shared.profile?.discard();
  }

  return {
    async use(key, keep, create) {
      const shared = sessions.get(key) ?? { ...(await create()), key, keep, users: 0 };
      sessions.set(key, shared);
      idle.delete(shared);
      shared.users++;
      return shared;
    },
    async leave(shared) {
      shared.users--;
      if (shared.users > 0) return;
      if (!shared.keep || mostIdle === 0) return release(shared);
      idle.add(shared);
      const [oldest] = idle;
      if (idle.size > mostIdle) await release(oldest);
    },
    async dispose() {
      for (const shared of idle) await release(shared);
    },
  };
}
