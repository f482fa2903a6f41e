/* The setup form: which keys of an experiment it shows, and how Left and Right change them. Values
 * are read and written as text through model/experiment.h, so the form accepts what a file accepts.
 */
#ifndef PS_UI_FORM_H
#define PS_UI_FORM_H

#include "model/experiment.h"

#define PS_FORM_FIELDS_MAX (12u + PS_TYPES_MAX)

struct ps_form_field {
    char key[80]; /* of ps_experiment_set */
    char label[PS_NAME_MAX + 4];
    char value[64];
    bool choice; /* changed with Left and Right only */
};

/* The fields that make sense for this experiment; returns how many. */
unsigned ps_form_fields(const struct ps_experiment *experiment, const struct ps_vocabulary *words,
                        struct ps_form_field fields[PS_FORM_FIELDS_MAX]);

/* "unused here: wake, lifo_slot": settings of the engine and of tasks that are given and have no
 * effect; "": none. What belongs to other arrivals is not named, as the form shows what belongs to
 * these. Returns into. */
const char *ps_form_unused(const struct ps_experiment *experiment,
                           const struct ps_vocabulary *words, char *into, size_t size);

/* Set a field's value and check the whole. On failure the experiment is unchanged and the first
 * complaint is in `why`. */
bool ps_form_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                 const char *key, const char *value, char *why, size_t why_size);

/* The next (direction 1) or previous (-1) value. usable_cpus: what "auto" stands for. */
bool ps_form_step(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                  const struct ps_form_field *field, int direction, unsigned usable_cpus, char *why,
                  size_t why_size);

/* Another engine and policy; the worker count is cut to what the policy can. */
bool ps_form_engine(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                    const char *engine, const char *policy, unsigned usable_cpus, char *why,
                    size_t why_size);

const struct ps_engine_word *ps_form_engine_word(const struct ps_vocabulary *words,
                                                 const char *engine);
const struct ps_policy_word *ps_form_policy_word(const struct ps_engine_word *engine,
                                                 const char *policy);

#endif
