import { createCipheriv } from 'node:crypto';

/** Bytes of a key. */
export const keyBytes = 32;
/** Bytes that are made at a time. */
const blockBytes = 16 * 1024;

/**
 * Random numbers that nobody can guess without the key: the stream of AES-256 in counter mode. A key is used once. The
 * same key gives the same numbers.
 */
export class KeyedRandom {
  private readonly cipher;
  private readonly zeros = Buffer.alloc(blockBytes);
  private readonly words = new Uint32Array(blockBytes / Uint32Array.BYTES_PER_ELEMENT);
  private at = this.words.length;
  private spareNoise: number | undefined;

  /** @param key 32 random bytes */
  constructor(key: Uint8Array) {
    this.cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  /** Uniform in (0, 1), with a resolution of 53 bits. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low + 0.5) * 2 ** -53;
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /**
   * Standard normal (Box-Muller) for differential privacy: a sum of four, halved. The last bits of one draw can give it away (Mironov
   * 2012), those of a sum of several cannot with any effort in sight (Holohan and Braghin 2021, arXiv 2107.10138).
   */
  noise(): number {
    if (this.spareNoise !== undefined) {
      const value = this.spareNoise;
      this.spareNoise = undefined;
      return value;
    }
    let [cosines, sines] = [0, 0];
    for (let i = 0; i < 4; i++) {
      const radius = Math.sqrt(-2 * Math.log(this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      cosines += radius * Math.cos(angle);
      sines += radius * Math.sin(angle);
    }
    this.spareNoise = sines / 2;
    return cosines / 2;
  }

  private word(): number {
    if (this.at === this.words.length) {
      new Uint8Array(this.words.buffer).set(this.cipher.update(this.zeros));
      this.at = 0;
    }
    return this.words[this.at++]!;
  }
}
