/**
 * Probabilities of a 1 in each context at the beginning of a message, in 256ths and as hexadecimal digits: learned from changes
 * of parameters that the simulator recorded on hapt.
 */
export const priors: Uint8Array = Uint8Array.from(
  Buffer.from(
    [
      '10192b487294b0c5e3f5080e1f3a5b80a9cddfe0111d304a6888aacbdfaa334156697b96b3d0e7c7',
      '938c9082756f6d6f6876d5cfcabfaa9b948a8960efede7d8c1aea19187ccfcfbf6ebd5c1ab9699a0',
      '141519212d486d94c7dd1415141a324a6492c9d5191a181e2f506992cd802a0b1d2534506492c4c0',
      '171a1b23374e6c91c0db090b0d182e4a6d99c9c005070a132a496da3cd990303071026486ea3c9d5',
      '3826282d364c6e8bbcdf5a4f52474c50638bb7de5e5d4b5a5859648bbcdf607143796f696885b6db',
      '80665592968c6791b0e1',
    ].join(''),
    'hex',
  ),
);
