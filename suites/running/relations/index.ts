/** Every relation, in the order of the table of operations. */
import type { AnyOperation } from '../../judging/operation.ts';
import { linearRelations } from './linear.ts';
import { networkRelations } from './networks.ts';
import type { Relation } from './relation.ts';
import { symmetryRelations } from './symmetries.ts';

export { checkRelation, type Relation } from './relation.ts';

export const relations: readonly Relation[] = [...linearRelations, ...symmetryRelations, ...networkRelations];

export function relationsOf({ name }: AnyOperation): readonly Relation[] {
  return relations.filter(({ operation }) => operation === name);
}
