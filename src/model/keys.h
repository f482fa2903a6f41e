/* Looking up keys. Private to model. */
#ifndef PS_MODEL_KEYS_H
#define PS_MODEL_KEYS_H

#include "model/values.h"

/* What stands before a key's name in "section.key": "engine", "task NAME", "lock NAME" or "phase NAME". */
struct ps_section {
    const char *word; /* of the table; NULL: there is no such section */
    bool named;       /* a task type, a lock or a phase */
    unsigned index;   /* named: its number; how many there are, if none has the name */
    char name[PS_NAME_MAX];
};

/* Understand the words between '[' and ']'. For an ill-formed name, or a section
 * that does not exist, word is NULL and why says so. */
struct ps_section ps_section_find(const struct ps_experiment *experiment, const char *text,
                                  struct ps_why *why);

/* NULL and a reason: the section has no such key. */
const struct ps_key *ps_key_find(const struct ps_section *section, const char *name,
                                 struct ps_why *why);

/* How many there are of what a named section stands for, and what the one at index is called. */
unsigned ps_section_count(const struct ps_experiment *experiment, const char *word);
const char *ps_section_name(const struct ps_experiment *experiment, const char *word,
                            unsigned index);

/* A task type, a lock or a phase of that name at the end of the list, every key at its default. False: the
 * list is full. */
bool ps_type_add(struct ps_experiment *experiment, const char *name);
bool ps_lock_add(struct ps_experiment *experiment, const char *name);
bool ps_phase_add(struct ps_experiment *experiment, const char *name);

/* A value may hold no control bytes, must be UTF-8 and not longer than a line. */
bool ps_value_clean(const char *text, struct ps_why *why);

#endif
