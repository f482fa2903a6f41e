/* The lesson screen as a pure function: predict, run, explain, a step at a time. Nothing of a later
 * step is to be seen in an earlier one. Any size from 1 x 1 on is safe. */
#ifndef PS_UI_LESSON_SCREEN_H
#define PS_UI_LESSON_SCREEN_H

#include "lab/judge.h"
#include "model/lesson_text.h"
#include "ui/canvas.h"
#include "ui/view.h"

enum ps_lesson_step {
    PS_LESSON_QUESTION,
    PS_LESSON_PREDICT,
    PS_LESSON_RUN,
    PS_LESSON_REVEAL,
    PS_LESSON_WHY,
    PS_LESSON_LIFE,
    PS_LESSON_NEXT,
    PS_LESSON_STEPS
};

enum ps_trial_state {
    PS_TRIAL_WAITING,
    PS_TRIAL_RUNNING,
    PS_TRIAL_DONE,
    PS_TRIAL_CUT,    /* left before its end: what was measured until then */
    PS_TRIAL_TOUCHED /* done, but somebody changed it while it ran */
};

#define PS_LESSON_TRIALS_MAX (PS_TRIALS_MAX + PS_SWEEP_MAX)

struct ps_lesson_view {
    const struct ps_lesson *lesson;
    const struct ps_experiment *experiment; /* of the preset */
    const struct ps_lab *lab;
    enum ps_lesson_step step;
    unsigned hands[PS_ANSWERS_MAX];
    unsigned trial;                                  /* that runs, or ran last */
    enum ps_trial_state state[PS_LESSON_TRIALS_MAX]; /* ps_lab_runs(lab) of them, as `runs` */
    const struct ps_lab_run *runs;
    uint64_t ran_ns, length_ns;      /* of the trial that runs; length 0: until it ends by itself */
    const struct ps_live_view *live; /* of the last trial begun; NULL: none */
    const struct ps_lab_judgement *judgement; /* NULL: not every run has been made as it should */
    unsigned usable_cpus;
    int scroll; /* rows of the body left out at the top */
    const char *notice;
    enum ps_style notice_style;
    const struct ps_overlay *overlay; /* or NULL */
};

/* "PREDICT". */
const char *ps_lesson_step_name(enum ps_lesson_step step);

/* The place whose keys are valid at a step. */
enum ps_place ps_lesson_place(enum ps_lesson_step step, unsigned answers);

void ps_lesson_screen_draw(const struct ps_canvas *root, const struct ps_lesson_view *view);

/* The highest useful scroll at a canvas size. */
int ps_lesson_screen_scroll_max(const struct ps_lesson_view *view, int width, int height);

/* What a figure of the expectations is called at the head of a column: "response p99 short". */
const char *ps_lesson_figure_name(char into[64], const struct ps_lab_figure *figure);

#endif
