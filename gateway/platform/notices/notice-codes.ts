import type { ErrorCode } from '../errors/errors';

/** The nodes that say something, by their type without the prefix. */
export type NoticeSource =
  | 'label'
  | 'window'
  | 'train'
  | 'predict'
  | 'coordinate'
  | 'replay'
  | 'federation'
  | 'task';

const roles = ['train', 'predict', 'coordinate'] as const;
const every = ['label', 'window', 'train', 'predict', 'coordinate', 'replay', 'federation', 'task'] as const;

/**
 * Codes of everything that a person should know, in log, status and Catch alike, with the nodes that say it. A code is
 * stable: flows, searches and `docs/troubleshooting.md` build on it, and a test holds that page to this table.
 */
export const noticeCodes = {
  // Readings on their way to windows.
  'hold-full': ['label'],
  'reading-invalid': ['window'],
  'label-unknown': ['window', 'train', 'coordinate', 'replay'],
  'category-unknown': ['window', 'replay'],
  'channel-missing': ['window', 'replay'],
  'channel-stuck': ['window', 'replay'],
  scale: ['window', 'replay'],
  'no-value': ['window', 'replay'],
  rate: ['window', 'replay'],
  'time-unit': ['window'],
  'batch-time': ['window'],
  'clock-stands': ['window', 'replay'],
  late: ['window', 'replay'],
  streams: ['window'],
  'streams-full': ['window', 'replay'],
  'streams-joined': ['window'],
  gap: ['window'],
  'out-of-order': ['window'],
  missing: ['window'],
  invalid: ['window'],
  silent: ['window'],
  overdue: ['window'],
  'no-task': ['window', 'train', 'predict', 'replay'],
  'no-model': ['train', 'predict', 'replay'],
  'no-grant': ['train'],
  'no-samples': ['train'],
  'no-labels': ['window', 'train'],
  'no-other-labels': ['train'],
  'no-aggregation': ['train'],
  'no-windows': ['predict'],
  'no-gateways': ['coordinate'],
  'no-updates': ['coordinate'],
  'no-contributions': ['coordinate'],
  paused: ['train', 'coordinate'],
  'worse-than-best': ['coordinate'],
  // Windows on their way to a role.
  'window-shape': roles,
  'window-not-finite': roles,
  'not-labelled': ['train'],
  'not-ready': ['window', ...roles],
  'message-invalid': ['label', ...roles, 'replay', 'federation'],
  // A gateway that learns.
  'samples-dropped': ['train'],
  'samples-removed': ['train'],
  'samples-damaged': ['train'],
  'round-skipped': ['train'],
  'update-rejected': ['train', 'coordinate'],
  'update-expired': ['train'],
  'update-aside': ['train'],
  'lineage-changed': ['train'],
  'task-refused': ['train', 'federation', 'coordinate'],
  'task-waiting': ['train', 'federation', 'coordinate'],
  'version-differs': ['train', 'federation', 'coordinate'],
  'policy-limit': ['train'],
  'privacy-spent': ['train', 'coordinate'],
  'privacy-ledger': ['train', 'coordinate'],
  'privacy-noise': ['coordinate'],
  'not-answered': ['train', 'federation', 'coordinate'],
  'answered-again': ['train', 'federation', 'coordinate'],
  'coordinator-storage': ['train', 'coordinate'],
  'engine-restarted': ['train'],
  'engine-fallback': ['train'],
  'engine-memory': ['train'],
  'engine-unavailable': roles,
  'engine-crashed': roles,
  'budget-too-small': ['train'],
  'plan-invalid': ['train', 'coordinate'],
  'model-behind': ['federation'],
  'model-differs': ['train', 'federation', 'coordinate'],
  'model-refused': ['federation', 'predict'],
  // Membership by invitation.
  'join-refused': ['train', 'coordinate'],
  'join-accepted': ['train', 'coordinate'],
  'other-coordinator': ['federation'],
  'member-refused': ['coordinate'],
  'member-floods': ['coordinate'],
  'unknown-messages': ['coordinate'],
  // A coordinator.
  'second-coordinator': ['coordinate'],
  leader: ['coordinate'],
  'lead-given-up': ['coordinate'],
  'gateway-joined': ['coordinate'],
  'gateway-left': ['coordinate'],
  'gateway-returned': ['coordinate'],
  'helpers-away': ['coordinate'],
  'masks-lost': ['coordinate'],
  quarantined: ['coordinate'],
  'quarantine-ended': ['coordinate'],
  unprotected: ['coordinate'],
  unjudged: ['coordinate'],
  'lineage-begun': ['coordinate'],
  'model-recovered': ['coordinate'],
  'cut-off': ['coordinate'],
  'cut-off-ended': ['coordinate'],
  diverged: ['coordinate'],
  'version-worse': ['coordinate'],
  'one-label': ['coordinate'],
  'no-better': ['coordinate'],
  'rate-large': ['coordinate'],
  'fleet-full': ['coordinate'],
  'head-ignored': ['coordinate'],
  'retained-lost': ['coordinate'],
  'twin-gateway': ['train', 'coordinate'],
  'held-out-lost': ['coordinate'],
  'people-many': ['coordinate'],
  'carried-over': ['coordinate'],
  'checkpoint-damaged': ['coordinate'],
  // Broker and network.
  'broker-unreachable': ['federation'],
  'broker-credentials': ['federation'],
  'broker-no-login': ['federation'],
  'broker-not-allowed': ['federation', ...roles],
  'broker-too-large': ['federation', ...roles],
  'broker-no-retain': ['federation'],
  'broker-duplicate-id': ['federation'],
  'broker-tls': ['federation'],
  'broker-client-id': ['federation'],
  'broker-protocol': ['federation'],
  'broker-busy': ['federation'],
  'broker-closed': ['federation'],
  'broker-port-taken': ['federation'],
  broker: ['federation'],
  'login-refused': ['federation'],
  'id-of-another-machine': ['federation'],
  'topic-refused': ['federation'],
  'broker-limit': ['federation'],
  offline: ['federation', ...roles],
  'send-failed': ['federation', 'coordinate'],
  'no-coordinator': ['federation', 'train'],
  // Files.
  storage: [...roles, 'federation'],
  'storage-recovered': ['train', 'coordinate'],
  'files-left': ['coordinate'],
  'recording-invalid': ['replay'],
  // Settings.
  'config-invalid': every,
  'task-invalid': ['task', 'coordinate'],
  'model-invalid': ['task', 'coordinate'],
  'scenario-invalid': [],
  // Everywhere.
  'slow-close': every,
  cancelled: every,
  unexpected: every,
} as const satisfies Record<ErrorCode, readonly NoticeSource[]> & Record<string, readonly NoticeSource[]>;

export type NoticeCode = keyof typeof noticeCodes;
