#include "client/recording_format.h"

static void thin(struct ps_recording_keys *keys)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < keys->count; i += 2)
        keys->key[kept++] = keys->key[i];
    keys->count = kept;
    keys->stride = keys->stride ? keys->stride * 2 : 2;
}

void ps_recording_keys_add(struct ps_recording_keys *keys, uint64_t offset, uint64_t at_ns)
{
    if (keys->skip > 0) {
        keys->skip--;
        return;
    }
    if (keys->count == PS_RECORDING_KEYS)
        thin(keys);
    keys->key[keys->count++] = (struct ps_recording_key){.offset = offset, .at_ns = at_ns};
    keys->skip = keys->stride ? keys->stride - 1 : 0;
}

const struct ps_recording_key *ps_recording_keys_find(const struct ps_recording_keys *keys,
                                                      uint64_t at_ns)
{
    unsigned low = 0, high = keys->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (keys->key[middle].at_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    if (keys->count == 0)
        return NULL;
    return &keys->key[low ? low - 1 : 0];
}
