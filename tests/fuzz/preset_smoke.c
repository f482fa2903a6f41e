/* The shipped presets and lessons, each mutated in deterministic ways, through the fuzzer's entry
 * point. Usage: preset_smoke FOLDER */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fuzz/preset_fuzz.h"

#define SEEDS_MAX 128u
#define SEED_SIZE 8192u
#define ROUNDS    10000u

static uint8_t seeds[SEEDS_MAX][SEED_SIZE];
static size_t sizes[SEEDS_MAX];
static unsigned seed_count;

/* What a mutation likes to put somewhere. */
static const char *const tokens[] = {
    "\n",
    " ",
    ";",
    "#",
    "[",
    "]",
    "=",
    ":",
    ",",
    "\t",
    "\r",
    "\0",
    "\xff",
    "\xc3\xa9",
    "0",
    "-1",
    "x",
    "%",
    "ns",
    "min",
    "1e9",
    "18446744073709551615",
    "[task a]\n",
    "[run]\n",
    "steps = cpu 1ms\n",
    "spawn a x1000000",
    "lock l 1ms",
    "fib 30",
    " grain 1",
    "skynet 1000000",
    "julia 640x480 500",
    "pipeline 3 8 items 9",
    "touch packed 5",
    "memory 1GiB x9",
    "pareto 1ms 1.01",
    "lognormal 1s 4",
    "uniform 0 60min",
    "disk write 64MiB fsync",
    "fail 100%",
    "workers = 256\n",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
};
#define TOKENS (sizeof tokens / sizeof *tokens)

static void read_seed(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *from = fopen(path, "re");
    if (!from || seed_count == SEEDS_MAX) {
        fprintf(stderr, "cannot use %s\n", path);
        exit(1);
    }
    sizes[seed_count] = fread(seeds[seed_count], 1, SEED_SIZE, from);
    seed_count++;
    fclose(from);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of their names: the order of a folder differs from one machine to the next. */
static void read_seeds(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            read_seed(folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (seed_count == 0) {
        fprintf(stderr, "no seeds in %s\n", folder);
        exit(1);
    }
}

static size_t insert(uint8_t *text, size_t size, size_t at, const void *what, size_t length)
{
    if (size + length > 2 * SEED_SIZE)
        return size;
    memmove(text + at + length, text + at, size - at);
    memcpy(text + at, what, length);
    return size + length;
}

static size_t mutate(uint8_t *text, size_t size, struct ps_rng *rng)
{
    size_t at = size ? ps_rng_below(rng, (uint32_t)size) : 0;
    size_t length = 1 + ps_rng_below(rng, 40);
    const char *token = tokens[ps_rng_below(rng, TOKENS)];
    if (length > size - at)
        length = size - at;
    switch (ps_rng_below(rng, 5)) {
    case 0: /* a token somewhere */
        return insert(text, size, at, token, *token ? strlen(token) : 1);
    case 1: /* a piece left out */
        memmove(text + at, text + at + length, size - at - length);
        return size - length;
    case 2: /* a piece again, somewhere else */
    {
        uint8_t piece[64];
        memcpy(piece, text + at, length);
        return insert(text, size, ps_rng_below(rng, (uint32_t)size + 1), piece, length);
    }
    case 3: /* a bit flipped */
        if (size)
            text[at] ^= (uint8_t)(1u << ps_rng_below(rng, 8));
        return size;
    default: /* cut short */
        return ps_rng_below(rng, 8) ? size : at;
    }
}

int main(int argc, char **argv)
{
    static uint8_t text[2 * SEED_SIZE];
    if (argc != 2) {
        fprintf(stderr, "usage: preset_smoke FOLDER\n");
        return 1;
    }
    read_seeds(argv[1]);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ps_rng rng = ps_rng_make(1, i);
        unsigned seed = i % seed_count;
        size_t size = sizes[seed];
        memcpy(text, seeds[seed], size);
        for (uint32_t n = i < seed_count ? 0 : 1 + ps_rng_below(&rng, 6); n > 0; n--)
            size = mutate(text, size, &rng);
        LLVMFuzzerTestOneInput(text, size);
    }
    printf("%u inputs from %u seeds\n", ROUNDS, seed_count);
    return 0;
}
