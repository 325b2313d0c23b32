import { z } from 'zod';
import { AppendLedger, type SampledSteps } from '../../privacy';

/** Names of the two files in the folder of a gateway. */
export const ledgerFile = 'privacy-ledger.bin';
export const ledgerHeadFile = 'privacy-ledger.json';

/** Entry of one round: its steps, and what they were for. */
export interface LedgerEntry extends SampledSteps {
  /** Clipping norm. */
  readonly clip: number;
  /** Id of the round. */
  readonly round: string;
  /** Time at which it was written, ms since 1970. */
  readonly time: number;
}

const schema: z.ZodType<LedgerEntry> = z.object({
  noise: z.number().positive(),
  rate: z.number().min(0).max(1),
  steps: z.number().int().min(0),
  clip: z.number(),
  round: z.string(),
  time: z.number(),
});

/** The spent privacy budget of a gateway: its rounds, each on disk before it begins. */
export class PrivacyLedger extends AppendLedger<LedgerEntry> {
  /** @param folder of the gateway; undefined: the ledger lives as long as the process */
  constructor(folder: string | undefined) {
    const consequence = 'no round with differential privacy begins';
    super({ folder, file: ledgerFile, headFile: ledgerHeadFile, magic: 'FTTEPRL1', schema, consequence });
  }
}
