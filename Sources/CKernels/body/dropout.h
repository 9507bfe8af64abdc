// Dropout masks, of words of Philox-4x32-10 (Salmon et al., 2011) that depend on the sample, the
// time step and the unit alone, not on the lanes of a vector.

INLINED void philox_product(bits x, uint32_t factor, bits *high, bits *low) {
  typedef uint64_t wide __attribute__((ext_vector_type(LANES)));
  const wide product = __builtin_convertvector(x, wide) * (wide)(uint64_t)factor;
  *high = __builtin_convertvector(product >> 32, bits);
  *low = __builtin_convertvector(product, bits);
}

INLINED void philox(bits counter[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    bits high0, low0, high2, low2;
    philox_product(counter[0], 0xD2511F53u, &high0, &low0);
    philox_product(counter[2], 0xCD9E8D57u, &high2, &low2);
    counter[0] = high2 ^ counter[1] ^ (bits)key0;
    counter[1] = low2;
    counter[2] = high0 ^ counter[3] ^ (bits)key1;
    counter[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

static void dropout_mask(size_t rows, size_t running, size_t units, const lockstep_dropout *d, float *mask) {
  const size_t blocks = blocks_of(units), quarter = (units + 63) / 64 * 16;
  bits lane;
  for (int l = 0; l < LANES; l++) lane[l] = (uint32_t)l;
  for (size_t row = 0; row < running; row++)
    for (size_t q = 0; q < quarter; q += LANES) {
      const uint64_t sample = d->samples ? d->samples[row] : row;
      // A multiple of V, so that adding the lanes carries nothing.
      const uint64_t place = d->first + sample * d->sample_stride + q;
      bits words[4] = {(bits)(uint32_t)place + lane, (bits)d->counter[0], (bits)d->counter[1],
                       (bits)(d->counter[2] + ((uint32_t)(place >> 32) << 8))};
      philox(words, d->key[0], d->key[1]);
      UNROLLED for (int word = 0; word < 4; word++) {
        const size_t block = (word * quarter + q) / LANES;
        if (block < blocks)
          store(mask + (block * rows + row) * LANES,
                words[word] < (bits)d->threshold ? splat(0) : splat(d->scale));
      }
    }
}
