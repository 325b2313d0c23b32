/* A part of the sidebar that can be folded. */
import { element } from '../elements.mjs';
import { text } from '../words.mjs';

export class Section {
  /** Kinds of role that it is shown for. */
  kinds = ['coordinator', 'participant'];
  /** Parts of a role that it is drawn from. */
  parts = [];

  /**
   * @param name key of its title
   * @param session gives the conversation with the runtime
   */
  constructor(name, session) {
    this.session = session;
    this.title = element('summary', {}, text(`section.${name}`));
    this.root = element('details.ftte-section', { open: true, id: `ftte-section-${name}` }, this.title);
  }
}
