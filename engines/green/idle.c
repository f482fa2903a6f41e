#include "engines/green/idle.h"

enum { SEARCHING = 1, IDLE = 1 << 16, SEARCHING_MASK = 0xffff };

void idle_init(struct idle_set *set)
{
    *set = (struct idle_set){0};
    pthread_mutex_init(&set->lock, NULL);
}

void idle_destroy(struct idle_set *set)
{
    pthread_mutex_destroy(&set->lock);
}

static bool holds(const struct idle_set *set, unsigned slot)
{
    return (set->bits[slot / 64] >> slot % 64 & 1) != 0;
}

/* Under the lock: out of the set and searching. */
static void claim(struct idle_set *set, unsigned slot)
{
    set->bits[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    atomic_fetch_sub(&set->word, IDLE - SEARCHING);
}

bool idle_enter(struct idle_set *set, unsigned slot, bool searching)
{
    uint32_t change = searching ? IDLE - SEARCHING : IDLE;
    pthread_mutex_lock(&set->lock);
    set->bits[slot / 64] |= UINT64_C(1) << slot % 64;
    uint32_t now = atomic_fetch_add(&set->word, change) + change;
    pthread_mutex_unlock(&set->lock);
    return (now & SEARCHING_MASK) == 0;
}

void idle_leave(struct idle_set *set, unsigned slot)
{
    idle_claim_slot(set, slot);
}

bool idle_claim_slot(struct idle_set *set, unsigned slot)
{
    pthread_mutex_lock(&set->lock);
    bool idle = holds(set, slot);
    if (idle)
        claim(set, slot);
    pthread_mutex_unlock(&set->lock);
    return idle;
}

static bool wanted(struct idle_set *set)
{
    uint32_t word = atomic_load(&set->word);
    return (word & SEARCHING_MASK) == 0 && word >= IDLE;
}

/* Under the lock: the lowest slot but `last_choice`, so that high slots stay asleep. */
static int choose(const struct idle_set *set, int last_choice)
{
    for (unsigned i = 0; i < PS_MAX_WORKERS / 64; i++) {
        uint64_t bits = set->bits[i];
        if (last_choice >= 0 && (unsigned)last_choice / 64 == i)
            bits &= ~(UINT64_C(1) << last_choice % 64);
        if (bits)
            return (int)i * 64 + __builtin_ctzll(bits);
    }
    return last_choice >= 0 && holds(set, (unsigned)last_choice) ? last_choice : -1;
}

int idle_claim(struct idle_set *set, int last_choice)
{
    if (!wanted(set))
        return -1;
    int slot = -1;
    pthread_mutex_lock(&set->lock);
    if (wanted(set) && (slot = choose(set, last_choice)) >= 0)
        claim(set, (unsigned)slot);
    pthread_mutex_unlock(&set->lock);
    return slot;
}

bool idle_search(struct idle_set *set, unsigned workers)
{
    /* A hint: two may pass at once, and then one more than half searches. */
    if ((atomic_load_explicit(&set->word, memory_order_relaxed) & SEARCHING_MASK) * 2 >= workers)
        return false;
    atomic_fetch_add(&set->word, SEARCHING);
    return true;
}

bool idle_found(struct idle_set *set)
{
    return (atomic_fetch_sub(&set->word, SEARCHING) & SEARCHING_MASK) == SEARCHING;
}
