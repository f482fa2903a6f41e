/* Keys of the user's own: other keys for the actions of the table in keys.h. The first key of each of
 * an action's bindings is replaced, in what is understood and in what is shown; further ones (F1, the
 * arrows) stay. The map is the process's. One thread. */
#ifndef PS_UI_KEYMAP_H
#define PS_UI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

struct ps_binding;

/* Give an action, by its name, another key: one character, "space", "F1", "F2" or "F10". False: why says what
 * is allowed; nothing has changed. */
bool ps_keymap_set(const char *action, const char *key, char *why, size_t why_size);

/* Whether no key means two things anywhere now. False: *action names one of the actions that were
 * given a key, why says what it is in the way of. To be asked when all keys are set: they may have
 * changed places. */
bool ps_keymap_check(const char **action, char *why, size_t why_size);

/* Back to the table. */
void ps_keymap_reset(void);

/* How many actions have a key of the user's. */
unsigned ps_keymap_count(void);

/* Names of actions, 0, 1, ...; NULL: there are no more. */
const char *ps_keymap_action(unsigned index);
/* The first binding of such an action in the standard table. */
const struct ps_binding *ps_keymap_binding(unsigned index);

#endif
