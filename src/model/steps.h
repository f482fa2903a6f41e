/* The text of programs: "cpu 200us, spawn child x4, join". Private to model. */
#ifndef PS_MODEL_STEPS_H
#define PS_MODEL_STEPS_H

#include "model/complaint.h"

#define PS_SPAWN_MAX      1000000u
#define PS_DISK_MAX       (UINT64_C(64) << 20)
#define PS_STEPS_TEXT_MAX (PS_PRESET_MAX_LINE - 8u) /* behind "steps = " */

/* Whether text can name a task type or a lock: 1..31 of A-Z a-z 0-9 _ -. */
bool ps_name_valid(const char *text);

/* One step being read: what is left of its words ends with NULL. */
struct ps_reading {
    struct ps_experiment *experiment;
    const char *const *words;
    struct ps_step_def *step;
    struct ps_why *why;
};

/* The next word, or NULL. */
static inline const char *ps_reading_take(struct ps_reading *reading)
{
    return *reading->words ? *reading->words++ : NULL;
}

/* A part of a step, one a letter of the shape. */
struct ps_step_part {
    char letter;
    const char *form; /* for people */
    bool (*read)(struct ps_reading *reading);
    /* Leaves "" where the part is left out. */
    void (*format)(char *into, size_t size, const struct ps_experiment *experiment,
                   const struct ps_step_def *step);
};
/* Those of kernels; ends with letter 0. */
extern const struct ps_step_part ps_kernel_parts[];
/* Whether the figures of a kernel go together; if not, why. */
bool ps_kernel_fits(const struct ps_step_def *step, struct ps_why *why);

/* Replace the program of types[type]. Names of task types must be known; lock names are collected,
 * and numbered in the order in which the programs mention them. On failure nothing is changed. */
bool ps_steps_set(struct ps_experiment *experiment, unsigned type, const char *text,
                  struct ps_why *why);

/* One step. Returns the length that the whole text has. */
size_t ps_step_format(char *into, size_t size, const struct ps_experiment *experiment,
                      const struct ps_step_def *step);

/* Steps are separated by ", ", or by "," where the line would get too long. Returns the length that
 * the whole text has, as snprintf does. */
size_t ps_steps_format(char *into, size_t size, const struct ps_experiment *experiment,
                       const struct ps_task_type *type);

#endif
