import { filledIn, rightsTable, type TopicRight } from './topic-rights';

/** The federation, and its coordinator's user at the broker. Gateways are users that are called like their gateway ids. */
export interface AccessRulesOptions {
  readonly federation: string;
  readonly coordinator: string;
}

/** The lines of an `acl_file` of Mosquitto. */
export function mosquittoRules({ federation, coordinator }: AccessRulesOptions): string[] {
  const line = (word: string) => {
    return ({ access, filter }: TopicRight) => `${word} ${access} ${filledIn(filter, federation, '%u')}`;
  };
  return [
    ...rightsTable.gateway.map(line('pattern')),
    '',
    `user ${coordinator}`,
    ...rightsTable.coordinator.map(line('topic')),
  ];
}

const actions = { read: 'subscribe', write: 'publish', readwrite: 'all' } as const;

/**
 * The lines of an `acl.conf` of EMQX 5. The first rule that fits decides, so the last one refuses the rest, whatever
 * `authorization.no_match` says.
 */
export function emqxRules({ federation, coordinator }: AccessRulesOptions): string[] {
  const line = (who: string) => {
    return ({ access, filter }: TopicRight) =>
      `{allow, ${who}, ${actions[access]}, ["${filledIn(filter, federation, '$\u007Busername}')}"]}.`;
  };
  return [
    ...rightsTable.coordinator.map(line(`{username, "${coordinator}"}`)),
    ...rightsTable.gateway.map(line('all')),
    '{deny, all}.',
  ];
}
