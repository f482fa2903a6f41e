/* Recordings, each damaged in deterministic ways, through the fuzzer's entry point. With a folder as
 * its argument it writes the recordings there instead: the fuzzer's corpus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/recording_make.h"
#include "fuzz/recording_fuzz.h"

#define SEEDS  6u
#define ROUNDS 3000u

static uint8_t *seeds[SEEDS];
static size_t sizes[SEEDS];

static size_t mutate(uint8_t *bytes, size_t size, struct ps_rng *rng)
{
    size_t at = ps_rng_below(rng, (uint32_t)size), length = 1 + ps_rng_below(rng, 16);
    if (length > size - at)
        length = size - at;
    switch (ps_rng_below(rng, 6)) {
    case 0: /* a bit */
        bytes[at] ^= (uint8_t)(1u << ps_rng_below(rng, 8));
        return size;
    case 1: /* a byte that is the largest, or a varint's middle */
        bytes[at] = ps_rng_below(rng, 2) ? 0xff : 0x80;
        return size;
    case 2: /* a run of one value */
        memset(bytes + at, (int)ps_rng_below(rng, 256), length);
        return size;
    case 3: /* a piece left out */
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 4: /* a piece from elsewhere */
        memmove(bytes + at, bytes + ps_rng_below(rng, (uint32_t)(size - length + 1)), length);
        return size;
    default: /* cut short, but for most of the time at the end */
        return ps_rng_below(rng, 4) ? size : at + 1;
    }
}

static void write_seeds(const char *folder)
{
    for (unsigned i = 0; i < SEEDS; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/seed-%u.psrec", folder, i);
        FILE *to = fopen(path, "we");
        if (!to || fwrite(seeds[i], 1, sizes[i], to) != sizes[i] || fclose(to) != 0) {
            fprintf(stderr, "cannot write %s\n", path);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < SEEDS; i++)
        seeds[i] = recording_make(i + 1, 1 + 3 * i, 1 + i % 3, &sizes[i]);
    if (argc == 2) {
        write_seeds(argv[1]);
    } else {
        for (unsigned i = 0; i < ROUNDS; i++) {
            struct ps_rng rng = ps_rng_make(1, i);
            unsigned seed = i % SEEDS;
            size_t size = sizes[seed];
            uint8_t *bytes = malloc(size);
            if (!bytes)
                return 1;
            memcpy(bytes, seeds[seed], size);
            for (uint32_t n = i < SEEDS ? 0 : 1 + ps_rng_below(&rng, 5); n > 0; n--)
                size = mutate(bytes, size, &rng);
            LLVMFuzzerTestOneInput(bytes, size);
            free(bytes);
        }
        printf("%u inputs from %u recordings\n", ROUNDS, SEEDS);
    }
    for (unsigned i = 0; i < SEEDS; i++)
        free(seeds[i]);
    return 0;
}
