import type { Node } from 'node-red';
import { FtteError } from '../../../gateway/platform';
import { Registry } from './registry';

export type Role = 'participant' | 'coordinator';

/** The nodes that play a role over one federation node: each role is played once. */
export class RoleRegistry {
  private readonly nodes = new Registry<Role, Node>();

  /**
   * @param onRelease called when the role is released
   * @returns releases the role; a second call does nothing
   * @throws FtteError `config-invalid` naming the node that plays the role
   */
  acquire(role: Role, node: Node, onRelease: () => void = () => undefined): () => void {
    let release: (() => void) | undefined = this.nodes.claim(role, node, (holder) => taken(role, holder));
    return () => {
      if (!release) return;
      release();
      release = undefined;
      onRelease();
    };
  }
}

function taken(role: Role, { name, id }: Node): FtteError {
  const [rule, instead] = rules[role];
  return new FtteError(
    'config-invalid',
    `${rule}: the node "${name || id}" already does this over the same federation node; ${instead}`,
    { role, holder: id },
  );
}

const rules = {
  participant: [
    'a gateway trains once',
    'for a second gateway, add another federation node with an id of its own',
  ],
  coordinator: [
    'a federation has one coordinator',
    'for a second model, add another federation with its own name',
  ],
} as const satisfies Record<Role, readonly [string, string]>;
