/* Phases of an experiment: their order, and the text of their lists. */
#ifndef PS_MODEL_PHASES_H
#define PS_MODEL_PHASES_H

#include "model/complaint.h"

/* Pointers to the experiment's phases by time; those of the same time in the order of the file.
 * Returns how many there are. */
unsigned ps_phases_in_order(const struct ps_experiment *experiment,
                            const struct ps_phase_def *order[PS_PHASES_MAX]);

/* What a phase changes, for people: "rate 500/s over 5s, workers 8, fault stuck 0 2s"; "nothing".
 * Returns into. */
const char *ps_phase_text(char *into, size_t size, const struct ps_experiment *experiment,
                          const struct ps_phase_def *phase);

/* "short 50, long 5" and "stuck 0 2s, lose cpu 1 5s". On failure nothing is changed. */
bool ps_mix_set(const struct ps_experiment *experiment, struct ps_mix *mix, const char *text,
                struct ps_why *why);
void ps_mix_format(char *into, size_t size, const struct ps_experiment *experiment,
                   const struct ps_mix *mix);
bool ps_faults_set(const struct ps_experiment *experiment, struct ps_fault_list *list,
                   const char *text, struct ps_why *why);
void ps_faults_format(char *into, size_t size, const struct ps_experiment *experiment,
                      const struct ps_fault_list *list);

#endif
