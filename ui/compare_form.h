/* The form in which two sides are chosen. Internal to ui/. */
#ifndef PS_UI_COMPARE_FORM_H
#define PS_UI_COMPARE_FORM_H

#include "ui/compare_screen.h"
#include "ui/program.h"

struct ps_compare_setup {
    struct ps_compare_spec spec;  /* what is chosen */
    struct ps_compare_view *view; /* where it is shown: form, sides, times */
};

/* Both sides from an experiment, B as what A is most often held against. */
void ps_compare_form_begin(struct ps_program *program, struct ps_compare_setup *setup,
                           const struct ps_experiment *experiment);
/* Show what is chosen. */
void ps_compare_form_describe(const struct ps_program *program, struct ps_compare_setup *setup);
/* Move, change, choose from a list. */
void ps_compare_form_action(struct ps_program *program, struct ps_compare_setup *setup,
                            enum ps_action action, int argument);
/* How long it will take, about. */
uint64_t ps_compare_planned_ns(const struct ps_compare_spec *spec);

#endif
