/* Values of keys by kind: from text into a field and back. Private to model. */
#ifndef PS_MODEL_VALUES_H
#define PS_MODEL_VALUES_H

#include "model/complaint.h"

/* Where a key's value is: the experiment, and for keys of named sections the number of the task type,
 * lock or phase. */
struct ps_place {
    const struct ps_key *key;
    unsigned index;
};

/* Set the field from text without white space at its ends. words may be NULL: names of engines and
 * policies are not looked up. On failure nothing is changed; why says what is wrong, what is
 * allowed and what may have been meant. */
bool ps_value_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                  struct ps_place place, const char *text, struct ps_why *why);

/* The value as a preset writes it. */
void ps_value_get(const struct ps_experiment *experiment, struct ps_place place, char *into,
                  size_t size);

#endif
