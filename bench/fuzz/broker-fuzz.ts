import { SeededRandom } from '../../gateway/platform';
import type { Form } from '../attacks/protections';
import { type BrokerKind, Target } from '../attacks/target';
import { catchCrashes } from './catch-crashes';
import { MessageMutator } from './mutations';
import { type FuzzKind, nextOf } from './next-message';

/** The result of a run over a real broker. */
export interface BrokerFuzzResult {
  readonly broker: BrokerKind;
  readonly form: Form;
  readonly kind: FuzzKind;
  readonly messages: number;
  readonly crashes: readonly string[];
  /** Changes of a federation at rest, and its failure to learn afterwards. */
  readonly differences: readonly string[];
}

const batch = 200;

/** Sends hostile messages to a federation at rest, over a real broker, and lets it learn afterwards. */
export async function fuzzBroker(
  broker: BrokerKind,
  form: Form,
  kind: FuzzKind,
  messages: number,
  seed: number,
): Promise<BrokerFuzzResult> {
  const { crashes, end } = catchCrashes();
  const target = await Target.start(broker, form);
  try {
    const { attacker } = target;
    await target.settle();
    const seen = attacker.recorded.filter(({ bytes }) => bytes.length > 0);
    const mutator = new MessageMutator(
      [...seen],
      form === 'plain' ? [] : [...attacker.known],
      new SeededRandom(seed),
    );
    const before = target.fingerprint();
    for (let sent = 0; sent < messages; sent += batch) {
      attacker.forget();
      await Promise.all(
        Array.from({ length: Math.min(batch, messages - sent) }, () => {
          const { topic, bytes, retain } = nextOf(mutator, kind);
          return attacker.write(attacker.placeOf(topic), bytes, retain);
        }),
      );
    }
    await target.settle();
    const after = target.fingerprint();
    const differences = [...before].flatMap(([name, value]) =>
      after.get(name) === value ? [] : [`${name}: ${value} -> ${after.get(name)}`],
    );
    differences.push(...(await target.faults()));
    return { broker, form, kind, messages, crashes, differences };
  } finally {
    await target.close();
    end();
  }
}
