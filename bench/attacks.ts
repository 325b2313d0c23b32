import { parseArgs } from 'node:util';
import type { Attack } from './attacks/attack';
import { inOwnName } from './attacks/in-own-name';
import { onCoordinator } from './attacks/on-coordinator';
import { onGateways } from './attacks/on-gateways';
import { onWire } from './attacks/on-wire';
import type { Form } from './attacks/protections';
import { type AttackerRole, type BrokerKind, type Fingerprint, Target } from './attacks/target';
import { textTable } from './support/text-table';

/** `npm run bench:attacks` measures what a client of the broker can do to a federation. */
const usage = `Measures what a client that has the broker's password can do to a federation at rest, and what it reads.

  npm run bench:attacks -- [--json] [--form protected|plain|all] [--broker mosquitto|hosted] [--as stranger|member]
                           [--only TEXT]

  --json         one JSON line: {"rows":[{"attack","form","broker","strangerEffect","memberEffect"}]}; empty text: no effect
  --form FORM    signed and sealed, as members by invitation speak (protected, the default); plain, as in an open federation; or all
  --broker KIND  only this broker (default: a Mosquitto without access rules, and the hosted broker)
  --as ROLE      only this attacker (default: a stranger, and a member that was invited)
  --only TEXT    only attacks with this text in their name

Each attack has a federation of its own: real roles, a real broker, two versions. The federation is then at rest. An
effect is whatever changes although nobody but the attacker did anything, a federation that no longer learns, models that
are no longer equal, and what the attacker can read. In the protected form the attacker is given every message in plain to
forge from, and reads only what the broker sends it.
`;

/** One line of the table. */
export interface AttackRow {
  readonly attack: string;
  /** Messages as they are today, or signed and sealed. */
  readonly form: Form;
  readonly broker: BrokerKind;
  /** The effect of a client that has the broker's password and nothing else. Empty: none. */
  readonly strangerEffect?: string;
  /** The effect of a gateway that was invited, which seals the same with its own keys. */
  readonly memberEffect?: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      form: { type: 'string', default: 'protected' },
      broker: { type: 'string' },
      as: { type: 'string' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const brokers = (['mosquitto', 'hosted'] as const).filter(
    (kind) => !values.broker || kind === values.broker,
  );
  if (brokers.length === 0) throw new Error(`--broker: expected mosquitto or hosted, got ${values.broker}`);
  const { form } = values;
  const forms = (['plain', 'protected'] as const).filter((kind) => form === 'all' || kind === form);
  if (forms.length === 0) throw new Error(`--form: expected protected, plain or all, got ${form}`);
  const roles = (['stranger', 'member'] as const).filter((role) => !values.as || role === values.as);
  if (roles.length === 0) throw new Error(`--as: expected stranger or member, got ${values.as}`);
  const attacks = [...onCoordinator, ...onGateways, ...onWire, ...inOwnName].filter(({ name }) =>
    name.includes(values.only),
  );
  const rows: AttackRow[] = [];
  for (const broker of brokers) {
    for (const attack of attacks) {
      for (const form of forms) {
        const effects: { strangerEffect?: string; memberEffect?: string } = {};
        for (const role of roles) {
          const effect = (await effectsOf(attack, broker, form, role)).join('; ');
          effects[`${role}Effect`] = effect;
          process.stderr.write(`${broker}, ${form}, ${role}: ${attack.name}: ${effect || 'no effect'}\n`);
        }
        rows.push({ attack: attack.name, form, broker, ...effects });
      }
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
  else
    process.stdout.write(
      textTable(
        ['broker', 'form', 'attack', 'of a stranger', 'of a member'],
        rows.map((row) => [
          row.broker,
          row.form,
          row.attack,
          shortened(row.strangerEffect),
          shortened(row.memberEffect),
        ]),
      ),
    );
}

async function effectsOf(
  attack: Attack,
  broker: BrokerKind,
  form: Form,
  role: AttackerRole,
): Promise<string[]> {
  const target = await Target.start(broker, form, attack.settings, role);
  try {
    const { attacker } = target;
    await attack.before?.(target, attacker);
    await target.settle();
    const before = target.fingerprint();
    await attack.run(attacker, target);
    await target.settle();
    const found = differences(before, target.fingerprint(), attack.changes ?? []);
    const gain = await attack.gain?.(attacker, target);
    if (gain) found.push(gain);
    found.push(...(await target.faults()));
    return found;
  } finally {
    await target.close();
  }
}

/** Everything that changed, but for what the attack has honest members do. */
function differences(before: Fingerprint, after: Fingerprint, honest: readonly string[]): string[] {
  return [...before].flatMap(([name, value]) => {
    const now = after.get(name);
    return now === value || honest.some((part) => name.startsWith(part))
      ? []
      : [`${name}: ${value} -> ${now}`];
  });
}

/** For the table: the JSON has the whole text. */
const shortened = (effect = 'not tried'): string =>
  effect.length > 120 ? `${effect.slice(0, 117)}...` : effect || '-';

void main();
