/* Options that are kept: how the screen looks, and keys of the user's own, in an INI file.
 *
 *   [screen]
 *   theme = dark            ; dark | light | mono
 *   fps = 10                ; frames a second, 1 to 60
 *   characters = auto       ; auto (as the locale says) | ascii
 *   mouse = on              ; on | off
 *   hover = on              ; on | off: exact figures of what the mouse is over, without a click
 *   motion = full           ; full | reduced: what moves by itself moves once a second
 *   colours = auto          ; auto (as the terminal says) | 256 | 16 | 8
 *   panels = auto           ; auto (as the layout likes) | panels in their order: lanes done queue
 *   figures = auto          ; auto | up to three giant figures of presenter mode: done p99 steals
 *   [keys]
 *   pause = p               ; an action = its key (keymap.h)
 *
 * Everything may be left out. Plain memory, one owner. */
#ifndef PS_UI_SETTINGS_H
#define PS_UI_SETTINGS_H

#include "base/err.h"
#include "model/experiment.h"
#include "ui/theme.h"
#include "ui/view.h"

#define PS_FPS_MAX      60u
#define PS_FPS_STANDARD 10u

#define PS_SETTING_BYTES 128u /* of a value in the file */

struct ps_settings {
    enum ps_theme theme;
    unsigned fps;
    bool ascii, no_mouse, no_hover, reduced_motion;
    unsigned colours;         /* at most so many; 0: as many as the terminal has */
    struct ps_live_look look; /* its panels and giant figures only */
};

extern const struct ps_settings ps_settings_standard;

/* $XDG_CONFIG_HOME/poolscope/poolscope.conf, or below ~/.config. False: there is no such folder to
 * be had. */
bool ps_settings_path(char *into, size_t size);

/* Read the file into *settings and into the key map. A file that is not there changes nothing and is no
 * error. PS_EPARSE: the complaints name file, line, key, value and what is allowed; the key map is the
 * standard one then. PS_EIO, PS_ENOMEM: one complaint. */
enum ps_err ps_settings_load(const char *path, struct ps_settings *settings,
                             struct ps_complaints *complaints);

/* Write what differs from the file into it, or a new one with its folder; its other lines stay as
 * they are. It is replaced in one step and keeps its permissions; a symbolic link stays one, and
 * what it leads to is replaced. On failure `why` says what is wrong. */
enum ps_err ps_settings_save(const char *link, const struct ps_settings *settings, char *why,
                             size_t why_size);

/* The text of the file, malloc'ed; NULL unless PS_OK. PS_ENOENT: there is no file. PS_EIO: also if it is no
 * text, or too long. */
enum ps_err ps_settings_slurp(const char *path, char **text);

/* ---- the table of options, for the screen of options ---- */

struct ps_setting {
    const char *key, *name;
    const char *help;
    const char *const *choices; /* as in the file; ends with NULL */
};

/* Ends with key NULL. */
extern const struct ps_setting ps_setting_table[];
/* Which choice holds; one that is none of the list (12 frames a second): the nearest. */
unsigned ps_setting_get(const struct ps_settings *settings, const struct ps_setting *setting);
/* The value as the file has it. */
void ps_setting_text(const struct ps_settings *settings, const struct ps_setting *setting,
                     char *into, size_t size);
void ps_setting_set(struct ps_settings *settings, const struct ps_setting *setting,
                    unsigned choice);

#endif
