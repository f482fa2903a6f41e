/* The text of programs: "cpu 200us, spawn child x4, join". Private to model. */
#ifndef PS_MODEL_STEPS_H
#define PS_MODEL_STEPS_H

#include "model/complaint.h"

#define PS_SPAWN_MAX      1000000u
#define PS_DISK_MAX       (UINT64_C(64) << 20)
#define PS_STEPS_TEXT_MAX (PS_PRESET_MAX_LINE - 8u) /* behind "steps = " */

/* Whether text can name a task type or a lock: 1..31 of A-Z a-z 0-9 _ -. */
bool ps_name_valid(const char *text);

/* Replace the program of types[type]. Names of task types must be known; lock names are collected,
 * and numbered in the order in which the programs mention them. On failure nothing is changed. */
bool ps_steps_set(struct ps_experiment *experiment, unsigned type, const char *text,
                  struct ps_why *why);

/* Steps are separated by ", ", or by "," where the line would get too long. Returns the length that
 * the whole text has, as snprintf does. */
size_t ps_steps_format(char *into, size_t size, const struct ps_experiment *experiment,
                       const struct ps_task_type *type);

#endif
