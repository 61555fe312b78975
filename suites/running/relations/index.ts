/** Every identity, in the order of the table of operations. */
import type { AnyOperation } from '../../judging/operation.ts';
import { linearIdentities } from './linear.ts';
import { networkIdentities } from './networks.ts';
import type { Identity } from './relation.ts';
import { symmetryIdentities } from './symmetries.ts';

export { checkIdentity, type Identity } from './relation.ts';

export const identities: readonly Identity[] = [...linearIdentities, ...symmetryIdentities, ...networkIdentities];

export function identitiesOf({ name }: AnyOperation): readonly Identity[] {
  return identities.filter(({ operation }) => operation === name);
}
