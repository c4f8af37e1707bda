
/*
 * SipHash-2-4.  Words are read with the little end first, whatever the
 * machine's own is.
 */

#include "siphash.h"

#include <endian.h>
#include <string.h>


typedef struct {
    uint64_t  v0;
    uint64_t  v1;
    uint64_t  v2;
    uint64_t  v3;
} siphash_state_t;


static uint64_t siphash_word(const uint8_t *data, size_t len);
static inline void siphash_absorb(siphash_state_t *state, uint64_t word);
static inline void siphash_round(siphash_state_t *state);


uint64_t
siphash_2_4(const uint8_t key[SIPHASH_KEY_LEN], const uint8_t *data,
    size_t len)
{
    size_t           left = len;
    uint64_t         k0 = siphash_word(key, 8), k1 = siphash_word(key + 8, 8);
    siphash_state_t  state;

    /* "somepseudorandomlygeneratedbytes" */

    state.v0 = k0 ^ UINT64_C(0x736f6d6570736575);
    state.v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
    state.v2 = k0 ^ UINT64_C(0x6c7967656e657261);
    state.v3 = k1 ^ UINT64_C(0x7465646279746573);

    for ( ; left >= 8; left -= 8, data += 8) {
        siphash_absorb(&state, siphash_word(data, 8));
    }

    /* the last word has the length in its top byte, so that no padding is
     * mistaken for data */

    siphash_absorb(&state, (uint64_t) len << 56 | siphash_word(data, left));

    state.v2 ^= 0xFF;

    siphash_round(&state);
    siphash_round(&state);
    siphash_round(&state);
    siphash_round(&state);

    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}


/* Up to eight bytes; those that are missing are zero. */
static uint64_t
siphash_word(const uint8_t *data, size_t len)
{
    uint64_t  word = 0;

    if (len > 0) {
        memcpy(&word, data, len);
    }

    return le64toh(word);
}


static inline void
siphash_absorb(siphash_state_t *state, uint64_t word)
{
    state->v3 ^= word;

    siphash_round(state);
    siphash_round(state);

    state->v0 ^= word;
}


static inline uint64_t
siphash_rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}


static inline void
siphash_round(siphash_state_t *state)
{
    state->v0 += state->v1;
    state->v2 += state->v3;
    state->v1 = siphash_rotate(state->v1, 13) ^ state->v0;
    state->v3 = siphash_rotate(state->v3, 16) ^ state->v2;
    state->v0 = siphash_rotate(state->v0, 32);

    state->v2 += state->v1;
    state->v0 += state->v3;
    state->v1 = siphash_rotate(state->v1, 17) ^ state->v2;
    state->v3 = siphash_rotate(state->v3, 21) ^ state->v0;
    state->v2 = siphash_rotate(state->v2, 32);
}
