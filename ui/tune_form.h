/* The form in which a sweep over worker counts is chosen. Internal to ui/. */
#ifndef PS_UI_TUNE_FORM_H
#define PS_UI_TUNE_FORM_H

#include "ui/program.h"
#include "ui/tune_screen.h"

struct ps_tune_setup {
    struct ps_experiment experiment; /* with the engine that is tuned */
    const char *preset;
    unsigned low, high, repeats;
    enum ps_tune_load load;
    uint64_t length_ns, goal_ns;
    struct ps_tune_spec spec;  /* made of these */
    struct ps_tune_view *view; /* where it is shown: form, planned time */
};

/* From one worker to four times the usable CPUs, thrice, a second each. */
void ps_tune_form_begin(struct ps_program *program, struct ps_tune_setup *setup,
                        const struct ps_experiment *experiment, const char *preset);
/* Make the spec of what is chosen. */
void ps_tune_form_prepare(struct ps_tune_setup *setup);
/* Make it, and show what is chosen. */
void ps_tune_form_describe(const struct ps_program *program, struct ps_tune_setup *setup);
/* Move, change, choose from a list. */
void ps_tune_form_action(struct ps_program *program, struct ps_tune_setup *setup,
                         enum ps_action action, int argument);

#endif
