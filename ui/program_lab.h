/* What the screens of the lab share that is not drawing: what is measured, choosing an engine, files
 * of results. Internal to ui/. */
#ifndef PS_UI_PROGRAM_LAB_H
#define PS_UI_PROGRAM_LAB_H

#include "ui/lab_parts.h"
#include "ui/program.h"

/* Where the screen was opened: what is measured, and what Esc returns to. */
struct ps_lab_origin {
    bool live; /* a live run, which goes on until something is measured */
    struct ps_experiment experiment;
    char preset[64]; /* its name, or "" */
};

/* Take what the present screen is about. False: there is nothing to measure, and it has been said why.
 * `what`: "compare", "tune". */
bool ps_lab_enter(struct ps_program *program, const char *what, struct ps_lab_origin *origin);
/* Each frame: the live run behind the form is looked after. */
void ps_lab_look(struct ps_program *program);
/* Before the first measurement: end the live run, it needs the machine for itself. */
void ps_lab_alone(struct ps_program *program);
/* Go back to the live run; it starts again if it has been ended, or with so many workers (0: as
 * before). */
void ps_lab_leave(struct ps_program *program, const struct ps_lab_origin *origin, unsigned workers);

/* The next (1) or previous (-1) engine and policy that can run this. False: `why`. */
bool ps_lab_engine_step(const struct ps_program *program, struct ps_experiment *experiment,
                        int direction, char *why, size_t why_size);
/* A menu of them; the choice comes back as PS_DO_SELECT_ITEM with the number for ps_lab_engine_set. */
void ps_lab_engine_menu(struct ps_program *program, const char *title,
                        const struct ps_experiment *experiment);
bool ps_lab_engine_set(const struct ps_program *program, struct ps_experiment *experiment,
                       unsigned number, char *why, size_t why_size);
/* "threadpool:steal", or "threadpool:steal, no stealing", and what it is. */
void ps_lab_engine_name(const struct ps_program *program, const struct ps_experiment *experiment,
                        char *name, size_t name_size, char *about, size_t about_size);

/* Whether its policy can steal. */
bool ps_lab_steals(const struct ps_program *program, const struct ps_experiment *experiment);

/* The next value of a list of `count`, at or beside `value`; stays at the ends. */
uint64_t ps_lab_step(const uint64_t *list, unsigned count, uint64_t value, int direction);

/* "poolscope-STEM-20260131-142500": of files that belong together. */
void ps_lab_file(const char *stem, char name[64]);
/* Write NAME.SUFFIX into the working folder. On failure errno says why and there is no file. */
bool ps_lab_write(const char *name, const char *suffix,
                  enum ps_err (*write)(FILE *to, const void *what), const void *what);
/* Both of an export: NAME.csv and, unless json is NULL, NAME.json; says what became of it. */
void ps_lab_export(struct ps_program *program, const char *stem,
                   enum ps_err (*csv)(FILE *to, const void *what),
                   enum ps_err (*json)(FILE *to, const void *what), const void *what);

#endif
