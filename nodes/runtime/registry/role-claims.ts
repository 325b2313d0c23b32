import type { Node } from 'node-red';
import { FtteError } from '../../../gateway/platform';

export type Role = 'participant' | 'coordinator';

/** Who plays which role over one federation node: each role once. */
export class RoleClaims {
  private readonly holders = new Map<Role, Node>();

  /**
   * @param onRelease called when the role is given back
   * @returns gives the role back; calling it again does nothing
   * @throws FtteError `config-invalid` naming the node that has the role
   */
  claim(role: Role, node: Node, onRelease: () => void = () => undefined): () => void {
    const holder = this.holders.get(role);
    if (holder) {
      const [what, instead] =
        role === 'participant'
          ? [
              'a gateway trains once',
              'for a second gateway, make another federation node with an id of its own',
            ]
          : [
              'a federation has one coordinator',
              'for a second model, make another federation with its own name',
            ];
      throw new FtteError(
        'config-invalid',
        `${what}: the node "${holder.name || holder.id}" already does this over the same federation node; ${instead}`,
        { role, holder: holder.id },
      );
    }
    this.holders.set(role, node);
    return () => {
      if (this.holders.get(role) !== node) return;
      this.holders.delete(role);
      onRelease();
    };
  }
}
