/* Reading the sections of a lab. Private to model. */
#ifndef PS_MODEL_LAB_KEYS_H
#define PS_MODEL_LAB_KEYS_H

#include "model/complaint.h"
#include "model/lab.h"

/* A section "trial NAME", "needs", "expect" or "lab" begins. False and a reason: it cannot. */
bool ps_lab_begin(struct ps_lab *lab, const char *section, unsigned line, struct ps_why *why);

/* A line "name = value" of that section. */
bool ps_lab_take(struct ps_lab *lab, const char *section, const char *name, const char *value,
                 unsigned line, struct ps_why *why);

#endif
