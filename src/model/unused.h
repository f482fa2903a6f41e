/* Settings without effect: keys that are not at their default, and that nothing looks at, because the
 * engine's policy has no such thing or because of what another key says. A value that says what
 * happens anyway (stealing = off where nothing steals) is none of them. No error, as whoever tries
 * one engine after another keeps the settings of all; but nobody should believe in them. */
#ifndef PS_MODEL_UNUSED_H
#define PS_MODEL_UNUSED_H

#include "model/lab.h"

/* Adds a complaint for each to `warnings`, "engine.wake = all: threadpool:steal does not use it, ...",
 * with `source` as its file and no line. Returns how many there are. */
unsigned ps_experiment_unused(const struct ps_experiment *experiment,
                              const struct ps_vocabulary *words, const char *source,
                              struct ps_complaints *warnings);

/* The same for a file with all its runs: a setting that one of them uses has effect. */
unsigned ps_lab_unused(const struct ps_lab *lab, const struct ps_experiment *experiment,
                       const struct ps_vocabulary *words, const char *file,
                       struct ps_complaints *warnings);

/* Warnings whose file is `path` get the lines in which that preset sets their keys. */
void ps_unused_locate(struct ps_complaints *warnings, const char *path);

#endif
