/* The library of presets: those that ship with poolscope and the user's own.
 *
 * Shipped: the first of $POOLSCOPE_PRESETS, the source tree's presets/ (for a build in place) and
 * the installed folder that holds *.ini. Own: $XDG_CONFIG_HOME/poolscope/presets, else
 * ~/.config/poolscope/presets. */
#ifndef PS_MODEL_LIBRARY_H
#define PS_MODEL_LIBRARY_H

#include "model/experiment.h"

struct ps_preset {
    char name[64]; /* file name without .ini */
    char path[512];
    bool own;       /* the user's */
    char group[32]; /* heading in menus: from the file's "[preset] group", or "Mine" */
    bool valid;     /* parsed without complaint */
    struct ps_experiment experiment; /* if valid */
    struct ps_complaint complaint;   /* the first one, if not */
};

struct ps_library {
    size_t count;
    struct ps_preset *presets; /* lessons in order of their numbers, quick-demo first, own last */
};

/* Read all folders. PS_ENOENT: no folder of shipped presets was found (text in why). */
enum ps_err ps_library_load(struct ps_library *library, const struct ps_vocabulary *words,
                            char *why, size_t why_size);
void ps_library_free(struct ps_library *library);

/* By name, by "NN" (lesson number), or by a unique beginning of the name; NULL if none. */
const struct ps_preset *ps_library_find(const struct ps_library *library, const char *name);

/* The folder of the user's own presets; false: neither XDG_CONFIG_HOME nor HOME says where. */
bool ps_own_folder(char *into, size_t size);

/* The lesson text (NAME.md beside the preset) into malloc'ed *text; PS_ENOENT: there is none. */
enum ps_err ps_preset_lesson(const struct ps_preset *preset, char **text);

/* Save as one of the user's own: atomically (temporary file, fsync, rename), folder created 0700.
 * name: letters, digits, '-', '_' and '.', not beginning with '.'. PS_EEXIST unless replace. A
 * trace's relative path becomes absolute; PS_EINVAL if it leads to no file or gets too long. */
enum ps_err ps_preset_save(const struct ps_experiment *experiment, const char *name, bool replace,
                           char *path, size_t path_size);

#endif
