import { type ErrorCode, FtteError } from '../../platform';
import type { Rule } from './rules';

interface Refusal {
  readonly rule: Rule;
  readonly code: ErrorCode;
}

const message = (rule: Rule): Refusal => ({ rule, code: 'message-invalid' });
const setting = (rule: Rule): Refusal => ({ rule, code: 'config-invalid' });

/** Every reason for which this room refuses something: the rule behind it, and the code of its error. */
export const refusals = {
  'not-cose': message('P-1'),
  unprotected: message('P-1'),
  'not-deterministic': message('P-2'),
  algorithm: message('P-3'),
  forged: message('P-4'),
  header: message('P-5'),
  oversize: message('P-6'),
  'public-key': message('P-8'),
  'key-lost': { rule: 'P-10', code: 'storage' },
  'key-unreadable': { rule: 'P-10', code: 'storage' },
  'key-damaged': { rule: 'P-10', code: 'storage' },
  'membership-damaged': { rule: 'P-10', code: 'storage' },
  'membership-lost': { rule: 'P-10', code: 'storage' },
  'key-text-damaged': setting('P-11'),
  'key-text-version': setting('P-11'),
  passphrase: setting('P-11'),
  'passphrase-short': setting('P-11'),
  'other-coordinator': message('P-12'),
  claim: message('P-12'),
  'claim-old': message('P-13'),
  hello: message('P-14'),
  'other-claim': message('P-14'),
  'hello-old': message('P-15'),
  repeated: message('P-18'),
  exhausted: message('P-19'),
  'zero-secret': message('P-20'),
  'no-pair': message('P-16'),
  'unknown-epoch': message('P-22'),
  welcome: message('P-22'),
  'invitation-form': setting('P-23'),
  'invitation-version': setting('P-23'),
  'invitation-cut': setting('P-23'),
  'invitation-mistyped': setting('P-23'),
  'invitation-expired': setting('P-23'),
  'invitation-federation': setting('P-23'),
  'invitation-unknown': message('P-25'),
  'invitation-used': message('P-25'),
  'invitation-proof': message('P-24'),
  'other-key': message('P-26'),
  'not-a-member': message('P-26'),
  revoked: message('P-27'),
  'second-machine': message('P-29'),
  presence: message('P-31'),
  'presence-old': message('P-31'),
  refusal: message('P-33'),
  flood: message('P-35'),
  'unknown-flood': message('P-36'),
} as const satisfies Record<string, Refusal>;

/** One of `refusals`. */
export type RefusalReason = keyof typeof refusals;

/**
 * The only error that this room throws for what came from outside. `details.reason` and `details.rule` name reason and
 * rule; neither they nor the message hold anything secret (P-30).
 */
export class SecurityError extends FtteError {
  readonly rule: Rule;

  constructor(
    readonly reason: RefusalReason,
    text: string,
    details: FtteError['details'] = {},
  ) {
    const { rule, code } = refusals[reason];
    super(code, text, { ...details, reason, rule });
    this.rule = rule;
  }
}

/** The reason of a `SecurityError`. Undefined for every other error. */
export function refusalOf(error: unknown): RefusalReason | undefined {
  return error instanceof SecurityError ? error.reason : undefined;
}
